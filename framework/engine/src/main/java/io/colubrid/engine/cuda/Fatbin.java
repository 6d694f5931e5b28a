package io.colubrid.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a fatbin was compiled for, read from the headers that nvcc writes before each of its parts:
 * machine code of one architecture, or PTX, which the driver compiles when it loads it.
 *
 * @param targets in the order in which they lie in it
 */
public record Fatbin(List<Target> targets) {
  private static final int MAGIC = 0xBA55ED50;
  private static final int PTX = 1;
  private static final int MACHINE_CODE = 2;
  private static final int HEADER_SIZE_AT = 4;
  private static final int SIZE_AT = 8;
  private static final int ARCHITECTURE_AT = 28;
  private static final int FLAGS_AT = 40;
  private static final long ONE_CHIP_ONLY = 1 << 20;

  /**
   * One part.
   *
   * @param capability compute capability, such as 90 for 9.0
   * @param ptx whether it is PTX, not machine code
   * @param exact whether it uses what other capabilities have not, like {@code sm_90a}
   */
  public record Target(int capability, boolean ptx, boolean exact) {
    /** Whether a GPU can run it: as it is, or compiled by the driver. */
    public boolean suits(int gpu) {
      boolean sameMajor = capability / 10 == gpu / 10;
      return exact ? gpu == capability : gpu >= capability && (ptx || sameMajor);
    }

    @Override
    public String toString() {
      return (ptx ? "compute_" : "sm_") + capability + (exact ? "a" : "");
    }
  }

  /**
   * Reads the headers.
   *
   * @throws IllegalArgumentException if that is no fatbin, or only the beginning of one
   */
  public static Fatbin read(byte[] bytes) {
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Target> targets = new ArrayList<>();
    int at = 0;
    while (at < bytes.length) {
      if (bytes.length - at < FLAGS_AT || all.getInt(at) != MAGIC) {
        throw new IllegalArgumentException("no fatbin: byte %d begins none".formatted(at));
      }
      int first = at + all.getShort(at + HEADER_SIZE_AT + 2);
      int end = end(bytes.length, first, all.getLong(at + SIZE_AT));
      for (int part = first; part + FLAGS_AT + Long.BYTES <= end; part = behind(all, part)) {
        target(all, part, targets);
      }
      at = end;
    }
    return new Fatbin(targets);
  }

  private static void target(ByteBuffer all, int at, List<Target> targets) {
    int kind = all.getShort(at);
    if (kind == PTX || kind == MACHINE_CODE) {
      boolean exact = (all.getLong(at + FLAGS_AT) & ONE_CHIP_ONLY) != 0;
      targets.add(new Target(all.getInt(at + ARCHITECTURE_AT), kind == PTX, exact));
    }
  }

  private static int behind(ByteBuffer all, int part) {
    int first = part + all.getInt(part + HEADER_SIZE_AT);
    return first <= part ? all.capacity() : end(all.capacity(), first, all.getLong(part + SIZE_AT));
  }

  private static int end(int bytes, int first, long size) {
    if (size < 0 || size > bytes - first) {
      throw new IllegalArgumentException(
          "no whole fatbin: it ends after %,d bytes, %,d are announced"
              .formatted(bytes, first + size));
    }
    return (int) (first + size);
  }

  /** Why the driver may not load a fatbin on a GPU of a capability, and what to do about it. */
  static String advice(byte[] bytes, int gpu) {
    try {
      Fatbin fatbin = read(bytes);
      return fatbin.best(gpu).isEmpty()
          ? "it was compiled for %s, the GPU's capability is %d.%d; compile it for that, or as PTX"
              .formatted(fatbin, gpu / 10, gpu % 10)
          : "the driver may be older than the nvcc that built it; colubrid doctor tells";
    } catch (IllegalArgumentException broken) {
      return broken.getMessage() + "; build its jar again";
    }
  }

  /** The part that a GPU of a capability runs: machine code if there is some, else PTX. */
  public Optional<Target> best(int gpu) {
    return targets.stream()
        .filter(target -> target.suits(gpu))
        .max(
            Comparator.comparing((Target target) -> !target.ptx())
                .thenComparing(Target::capability)
                .thenComparing(Target::exact));
  }

  @Override
  public String toString() {
    return targets.stream().map(Target::toString).collect(Collectors.joining(", "));
  }
}
