package io.colubrid.runtime.training;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.nn.LaneSumCpu;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * {@link GlobalNormClip} on the CPU. Each block of elements leaves its sum of squares in the
 * workspace; these are added in order, so the norm does not depend on the number of threads.
 */
final class GlobalNormClipCpu implements CpuBody {
  static final GlobalNormClipCpu BODY = new GlobalNormClipCpu();

  /** Few enough for sums in F32 that are good to seven digits. */
  private static final long BLOCK = 4096;

  private static final long BLOCKS_WORTH_A_THREAD = 4;
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private GlobalNormClipCpu() {}

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return blocks(inputs) * Double.BYTES;
  }

  private static long blocks(List<@Nullable TensorType> inputs) {
    long blocks = 0;
    for (int i = 0; i < inputs.size() - 1; i++) {
      blocks += blocks(inputs.get(i));
    }
    return blocks;
  }

  private static long blocks(@Nullable TensorType type) {
    return type == null ? 0 : Math.ceilDiv(type.shape().elements(), BLOCK);
  }

  @Override
  public void forward(CpuCall call) {
    long blocks = blocks(call.inputTypes());
    MemorySegment sums = call.workspace();
    call.parallel()
        .forEachRange(blocks, BLOCKS_WORTH_A_THREAD, (from, to) -> sumBlocks(call, sums, from, to));
    double squares = 0;
    for (long i = 0; i < blocks; i++) {
      squares += sums.getAtIndex(JAVA_DOUBLE, i);
    }
    writeControl(call, squares);
  }

  /** Blocks are numbered through all gradients. */
  private static void sumBlocks(CpuCall call, MemorySegment sums, long from, long to) {
    List<@Nullable TensorType> types = call.inputTypes();
    long first = 0;
    for (int i = 0; i < types.size() - 1 && first < to; i++) {
      long count = blocks(types.get(i));
      for (long block = Math.max(from, first); block < Math.min(to, first + count); block++) {
        sums.setAtIndex(JAVA_DOUBLE, block, squares(call.input(i), block - first));
      }
      first += count;
    }
  }

  private static double squares(MemorySegment gradient, long block) {
    long from = block * BLOCK;
    int count = (int) Math.min(BLOCK, gradient.byteSize() / Float.BYTES - from);
    return squares(gradient, from * Float.BYTES, count);
  }

  private static double squares(MemorySegment gradient, long at, int count) {
    FloatVector even = FloatVector.zero(SPECIES);
    FloatVector odd = FloatVector.zero(SPECIES);
    int lanes = SPECIES.length();
    int i = 0;
    for (; i + 2 * lanes <= count; i += 2 * lanes) {
      long here = at + (long) i * Float.BYTES;
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, gradient, here, ORDER);
      FloatVector y =
          FloatVector.fromMemorySegment(SPECIES, gradient, here + SPECIES.vectorByteSize(), ORDER);
      even = x.fma(x, even);
      odd = y.fma(y, odd);
    }
    double sum = LaneSumCpu.of(even.add(odd));
    for (; i < count; i++) {
      double x = gradient.get(JAVA_FLOAT, at + (long) i * Float.BYTES);
      sum += x * x;
    }
    return sum;
  }

  private static void writeControl(CpuCall call, double squares) {
    MemorySegment settings = call.input(call.inputTypes().size() - 1);
    float averaging = settings.getAtIndex(JAVA_FLOAT, GlobalNormClip.AVERAGING);
    float maxNorm = settings.getAtIndex(JAVA_FLOAT, GlobalNormClip.MAX_NORM);
    boolean finite = Float.isFinite((float) squares);
    double norm = Math.sqrt(squares) * averaging;
    double clip = Math.min(1, maxNorm / Math.max(norm, GlobalNormClip.SMALLEST_NORM));
    MemorySegment control = call.output(0);
    MemorySegment.copy(settings, 0, control, 0, (long) UpdateControl.FACTOR * Float.BYTES);
    set(control, UpdateControl.FACTOR, finite ? averaging * clip : 0);
    set(control, UpdateControl.PROCEED, finite ? 1 : 0);
    set(call.output(1), 0, norm);
  }

  private static void set(MemorySegment segment, int index, double value) {
    segment.setAtIndex(JAVA_FLOAT, index, (float) value);
  }
}
