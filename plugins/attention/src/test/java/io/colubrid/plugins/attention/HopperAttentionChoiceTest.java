package io.colubrid.plugins.attention;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When attention is left to tensor cores, on a GPU of compute capability 9.0. */
final class HopperAttentionChoiceTest {
  private static final TensorType QUERY = new TensorType(DType.BF16, Shape.of(1, 130, 2, 64));
  private static final TensorType CACHE = new TensorType(DType.BF16, Shape.of(1, 300, 2, 64));

  /** Notes what would be launched; everything lies at one address. */
  private record Noted(List<@Nullable TensorType> inputTypes, List<String> kernels)
      implements CudaCall {
    private static final long SOMEWHERE = 1 << 20;

    static Noted of(@Nullable TensorType... inputs) {
      return new Noted(Arrays.asList(inputs), new ArrayList<>());
    }

    @Override
    public boolean hasInput(int index) {
      return inputTypes.get(index) != null;
    }

    @Override
    public long input(int index) {
      return hasInput(index) ? SOMEWHERE : 0;
    }

    @Override
    public long output(int index) {
      return SOMEWHERE;
    }

    @Override
    public long saved(int index) {
      return SOMEWHERE;
    }

    @Override
    public boolean saves() {
      return true;
    }

    @Override
    public long outputGradient(int index) {
      return SOMEWHERE;
    }

    @Override
    public boolean wantsGradient(int index) {
      return true;
    }

    @Override
    public long inputGradient(int index) {
      return SOMEWHERE;
    }

    @Override
    public long workspace() {
      return SOMEWHERE;
    }

    @Override
    public int multiprocessors() {
      return 132;
    }

    @Override
    public int capability() {
      return 90;
    }

    @Override
    public void launch(
        String fatbin, String kernel, Grid grid, int threads, int bytes, Object... arguments) {
      kernels.add(kernel);
    }

    @Override
    public void clear(long address, long bytes) {}

    boolean usesTensorCores() {
      assertThat(kernels).isNotEmpty();
      return kernels.stream().anyMatch(kernel -> kernel.contains("hopper"));
    }
  }

  @ParameterizedTest
  @CsvSource({"0.125, true", "0, false", "-0.1, false"})
  void scalesArePositive(double scale, boolean served) {
    ScaledDotProductCuda body = new ScaledDotProductCuda(AttentionMask.CAUSAL, scale);
    Noted forward = Noted.of(QUERY, QUERY, QUERY, null);
    body.forward(forward);
    assertThat(forward.usesTensorCores()).isEqualTo(served);
    Noted backward = Noted.of(QUERY, QUERY, QUERY, null);
    body.backward(backward);
    assertThat(backward.usesTensorCores()).isEqualTo(served);
    Noted cached = Noted.of(QUERY, QUERY, QUERY, CACHE, CACHE, TensorType.i32(1), null);
    new CachedAttentionCuda(AttentionMask.CAUSAL, scale).forward(cached);
    assertThat(cached.usesTensorCores()).isEqualTo(served);
  }
}
