package io.colubrid.testkit.trial;

import io.colubrid.engine.memory.Bf16;
import io.colubrid.engine.memory.Storage;
import io.colubrid.spi.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Floating-point elements off the heap as doubles. */
public final class Elements {
  private static final double BF16_ROUNDING = 0x1p-8;

  private Elements() {}

  /** The nearest numbers that BF16 has. */
  static double[] rounded(double[] elements) {
    double[] rounded = new double[elements.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = Bf16.rounded((float) elements[i]);
    }
    return rounded;
  }

  /** Numbers off by at most half of a unit in BF16's last place. */
  static double[] moved(double[] elements, Random random) {
    double[] moved = new double[elements.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = elements[i] * (1 + BF16_ROUNDING * random.nextDouble(-1, 1));
    }
    return moved;
  }

  public static double[] read(MemorySegment segment, DType dtype) {
    double[] elements = new double[Math.toIntExact(segment.byteSize() / dtype.bytes())];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = get(segment, dtype, i);
    }
    return elements;
  }

  public static double get(MemorySegment segment, DType dtype, long index) {
    return switch (dtype) {
      case F32 -> segment.getAtIndex(ValueLayout.JAVA_FLOAT, index);
      case F64 -> segment.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
      default -> throw new IllegalArgumentException("cannot read elements of " + dtype);
    };
  }

  public static void set(MemorySegment segment, DType dtype, long index, double element) {
    switch (dtype) {
      case F32 -> segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) element);
      case F64 -> segment.setAtIndex(ValueLayout.JAVA_DOUBLE, index, element);
      default -> throw new IllegalArgumentException("cannot write elements of " + dtype);
    }
  }

  public static void write(MemorySegment segment, DType dtype, double[] elements) {
    for (int i = 0; i < elements.length; i++) {
      set(segment, dtype, i, elements[i]);
    }
  }

  /** Fills a storage from its beginning. */
  public static void write(Storage storage, DType dtype, double[] elements) {
    long bytes = (long) elements.length * dtype.bytes();
    storage.edit(0, bytes, host -> write(host, dtype, elements));
  }
}
