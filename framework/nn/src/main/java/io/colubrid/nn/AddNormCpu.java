package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link AddNorm} on the CPU, a row at a time while it is in the cache. Gradients of weight and
 * bias are summed over stretches of rows, and these in order, whatever the number of threads.
 */
record AddNormCpu(AddNorm norm) implements CpuBody {
  private static final long ELEMENTS_WORTH_A_THREAD = 1 << 13;
  private static final long STRETCH = 32;
  private static final long MOST_STRETCHES = 64;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return CpuBody.super.accepts(inputs) && norm.normed() == DType.F32;
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input == AddNorm.STREAM || input == AddNorm.WEIGHT;
  }

  @Override
  public boolean backwardReadsOutput(int output) {
    return output == AddNorm.SUM;
  }

  /** Where the operands lie; 0 for absent ones. */
  private record Rows(long s, long weight, long count, long width) {
    static Rows of(CpuCall call) {
      TensorType stream = requireNonNull(call.inputTypes().get(AddNorm.STREAM));
      boolean added = call.hasInput(AddNorm.BRANCH);
      return new Rows(
          (added ? call.output(AddNorm.SUM) : call.input(AddNorm.STREAM)).address(),
          address(call, AddNorm.WEIGHT),
          stream.shape().rows(),
          stream.shape().dim(-1));
    }

    static long address(CpuCall call, int input) {
      return call.hasInput(input) ? call.input(input).address() : Addresses.NONE;
    }

    /** A row of a tensor that begins at an address. */
    long row(long base, long index) {
      return base + index * width * Float.BYTES;
    }

    long grain() {
      return Math.max(1, ELEMENTS_WORTH_A_THREAD / Math.max(1, width));
    }
  }

  @Override
  public void forward(CpuCall call) {
    Rows rows = Rows.of(call);
    boolean added = call.hasInput(AddNorm.BRANCH);
    long stream = call.input(AddNorm.STREAM).address();
    long branch = added ? call.input(AddNorm.BRANCH).address() : Addresses.NONE;
    long bias = Rows.address(call, AddNorm.BIAS);
    long y = call.output(AddNorm.Y).address();
    call.parallel()
        .forEachRange(
            rows.count(),
            rows.grain(),
            (from, to) -> {
              for (long i = from; i < to; i++) {
                long s = rows.row(rows.s(), i);
                if (added) {
                  NormRowsCpu.add(rows.row(stream, i), rows.row(branch, i), s, rows.width());
                }
                float mean = mean(rows, s);
                float r = scale(rows, s, mean);
                NormRowsCpu.normalize(
                    s, mean, r, rows.weight(), bias, rows.row(y, i), rows.width());
              }
            });
  }

  private float mean(Rows rows, long s) {
    return norm.centred() ? NormRowsCpu.sum(s, rows.width()) / rows.width() : 0;
  }

  private float scale(Rows rows, long s, float mean) {
    float squares = NormRowsCpu.squares(s, mean, rows.width());
    return (float) (1 / Math.sqrt(squares / rows.width() + norm.epsilon()));
  }

  private static long stretches(long rows) {
    return Math.clamp(Math.ceilDiv(rows, STRETCH), 1, MOST_STRETCHES);
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    TensorType stream = requireNonNull(inputs.get(AddNorm.STREAM));
    return 2 * stretches(stream.shape().rows()) * stream.shape().dim(-1) * Float.BYTES;
  }

  @Override
  public void backward(CpuCall call) {
    Rows rows = Rows.of(call);
    long stretches = stretches(rows.count());
    long vector = rows.width() * Float.BYTES;
    long partials = call.workspace().address();
    Addresses.clear(partials, 2 * stretches * vector);
    Gradients gradients = Gradients.of(call);
    call.parallel()
        .forEachRange(
            stretches,
            1,
            (from, to) -> {
              for (long i = from; i < to; i++) {
                long first = rows.count() * i / stretches;
                long last = rows.count() * (i + 1) / stretches;
                for (long row = first; row < last; row++) {
                  backward(rows, gradients, row, partials + 2 * i * vector);
                }
              }
            });
    total(call, AddNorm.WEIGHT, partials, stretches, vector);
    total(call, AddNorm.BIAS, partials + vector, stretches, vector);
  }

  /** Where gradients come from and go to; 0 for those that are not there or not wanted. */
  private record Gradients(long y, long sum, long stream, long branch) {
    static Gradients of(CpuCall call) {
      boolean added = call.hasInput(AddNorm.BRANCH);
      return new Gradients(
          call.outputGradient(AddNorm.Y).address(),
          added ? call.outputGradient(AddNorm.SUM).address() : Addresses.NONE,
          wanted(call, AddNorm.STREAM),
          wanted(call, AddNorm.BRANCH));
    }

    private static long wanted(CpuCall call, int input) {
      return call.wantsGradient(input) ? call.inputGradient(input).address() : Addresses.NONE;
    }
  }

  /**
   * What arrives at s, and r·(g·w − c₁ − (s − mean)·c₂) with c₁ = mean(g·w), or 0 without a mean,
   * and c₂ = r²·mean(g·w·(s − mean)).
   */
  private void backward(Rows rows, Gradients gradients, long row, long partial) {
    long width = rows.width();
    long s = rows.row(rows.s(), row);
    long g = rows.row(gradients.y, row);
    float mean = mean(rows, s);
    float r = scale(rows, s, mean);
    NormRowsCpu.addParameters(g, s, mean, r, partial, partial + width * Float.BYTES, width);
    long to = gradients.stream != Addresses.NONE ? gradients.stream : gradients.branch;
    if (to == Addresses.NONE) {
      return;
    }
    float c1 = norm.centred() ? NormRowsCpu.dot(g, rows.weight(), width) / width : 0;
    float c2 = r * r * NormRowsCpu.dot(g, rows.weight(), s, mean, width) / width;
    long arriving = gradients.sum == Addresses.NONE ? Addresses.NONE : rows.row(gradients.sum, row);
    long out = rows.row(to, row);
    NormRowsCpu.gradient(g, rows.weight(), s, mean, r, c1, c2, arriving, out, width);
    if (gradients.branch != Addresses.NONE && to != gradients.branch) {
      Addresses.copy(out, rows.row(gradients.branch, row), width * Float.BYTES);
    }
  }

  private static void total(CpuCall call, int input, long partials, long stretches, long vector) {
    if (call.wantsGradient(input)) {
      long out = call.inputGradient(input).address();
      Addresses.copy(partials, out, vector);
      for (long i = 1; i < stretches; i++) {
        NormRowsCpu.add(out, partials + 2 * i * vector, out, vector / Float.BYTES);
      }
    }
  }
}
