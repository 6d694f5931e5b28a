package io.colubrid.testkit;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** {@link DecayedSum} in plain loops, with its backward pass by hand. */
record DecayedSumCpu(Fault fault) implements CpuBody {
  private static final AtomicLong RUNS = new AtomicLong();

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return Float.BYTES;
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != DecayedSum.U;
  }

  @Override
  public boolean backwardReadsOutput(int output) {
    return output == 0;
  }

  @Override
  public void forward(CpuCall call) {
    Shape shape = shape(call);
    RUNS.incrementAndGet();
    for (long row = 0; row < shape.dim(0); row++) {
      for (long channel = 0; channel < shape.dim(2); channel++) {
        forward(call, shape, row, channel);
      }
    }
  }

  @SuppressWarnings("restricted") // one of the faults reaches beyond its segment
  private void forward(CpuCall call, Shape shape, long row, long channel) {
    long width = shape.dim(2);
    boolean carries = call.hasInput(DecayedSum.STATE);
    long place = row * width + channel;
    float h = carries ? get(call.input(DecayedSum.STATE), place) : 0;
    float a = get(call.input(DecayedSum.A), channel);
    MemorySegment u = call.input(DecayedSum.U);
    MemorySegment out = call.output(0);
    for (long t = 0; t < shape.dim(1); t++) {
      long at = (row * shape.dim(1) + t) * width + channel;
      int position = position(call, row, t, shape);
      if (position < 0) {
        if (fault != Fault.READS_UNWRITTEN_MEMORY) {
          set(out, at, 0);
        }
        continue;
      }
      boolean starts = position == 0 && !carries;
      h = (starts ? 0 : a * h) + get(u, at) * error(call);
      set(out, at, h + (fault == Fault.READS_UNWRITTEN_MEMORY ? 0 * get(out, at) : 0));
      if (fault == Fault.CHANGES_ITS_INPUT) {
        set(u, at, h);
      }
    }
    if (fault == Fault.WRITES_BESIDE_ITS_OUTPUT) {
      set(out.reinterpret(out.byteSize() + Float.BYTES), shape.elements(), h);
    }
    if (carries) {
      set(call.output(1), place, h);
    }
  }

  private float error(CpuCall call) {
    return switch (fault) {
      case BODY_DIFFERS -> 1.001f;
      case DIFFERS_FROM_RUN_TO_RUN -> 1 + (RUNS.get() % 2) * 1e-6f;
      case READS_UNWRITTEN_SCRATCH -> 1 + 0 * get(call.workspace(), 0);
      default -> 1;
    };
  }

  @Override
  public void backward(CpuCall call) {
    Shape shape = shape(call);
    for (long channel = 0; channel < shape.dim(2); channel++) {
      float sum = 0;
      for (long row = 0; row < shape.dim(0); row++) {
        sum += backward(call, shape, row, channel);
      }
      if (call.wantsGradient(DecayedSum.A)) {
        set(call.inputGradient(DecayedSum.A), channel, sum);
      }
    }
  }

  private float backward(CpuCall call, Shape shape, long row, long channel) {
    long width = shape.dim(2);
    float a = get(call.input(DecayedSum.A), channel);
    float carried = 0;
    float sum = 0;
    for (long t = shape.dim(1) - 1; t >= 0; t--) {
      long at = (row * shape.dim(1) + t) * width + channel;
      int position = position(call, row, t, shape);
      float g = position < 0 ? 0 : get(call.outputGradient(0), at) + carried;
      if (call.wantsGradient(DecayedSum.U)) {
        set(call.inputGradient(DecayedSum.U), at, g);
      }
      carried = position > 0 ? a * g : 0;
      boolean misses = fault == Fault.GRADIENT_MISSES_A_TERM && t == 3;
      sum += position > 0 && !misses ? g * get(call.output(0), at - width) : 0;
    }
    return sum;
  }

  private static int position(CpuCall call, long row, long t, Shape shape) {
    return call.hasInput(DecayedSum.POSITIONS)
        ? call.input(DecayedSum.POSITIONS).getAtIndex(JAVA_INT, row * shape.dim(1) + t)
        : (int) t;
  }

  private static Shape shape(CpuCall call) {
    return requireNonNull(call.inputTypes().get(DecayedSum.U)).shape();
  }

  private static float get(MemorySegment segment, long index) {
    return segment.getAtIndex(JAVA_FLOAT, index);
  }

  private static void set(MemorySegment segment, long index, float value) {
    segment.setAtIndex(JAVA_FLOAT, index, value);
  }
}
