package io.colubrid.engine.tape;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Binary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which dtype a layer's tensors have, by device and precision. */
final class ActivationTest {
  private static final ModelParameter WEIGHT =
      new ModelParameter("w", Shape.of(6, 4), Initializer.constant(1), Parameter.Role.MATRIX);

  private record Recorded(Value product, Value sum, Value gradient) {}

  /** x·Wᵀ of an F32 stream, added to an F32 tensor, with the gradient of the stream. */
  private static Recorded record(Backend backend, Precision precision) {
    try (ParameterStore store = new ParameterStore(backend.memory(), precision, List.of(WEIGHT))) {
      store.enableGradients();
      Recorder recorder = new Recorder(store, backend.bodies(), true);
      RecordingOps ops = recorder.ops();
      DType whole = precision == Precision.F64 ? DType.F64 : DType.F32;
      TensorType type = new TensorType(whole, Shape.of(3, 4));
      Storage memory = backend.memory().allocate("x", type.bytes());
      Value x = recorder.external(memory, 0, type, true);
      Value half = (Value) ops.cast(x, ops.activation());
      Value product = (Value) ops.linear(half, WEIGHT);
      Tensor sum = ops.binary(Binary.ADD, product, ops.constant(whole, Shape.of(3, 6), 1));
      Map<Value, Value> gradients =
          Gradients.record(
              recorder, ops.sumAll(sum), ops.constant(whole, Shape.scalar(), 1), List.of(half));
      return new Recorded(product, (Value) sum, gradients.get(half));
    }
  }

  @Test
  void productsOnAGpuPutOutBf16() {
    try (Backend gpu = CudaBackend.meta(0)) {
      Recorded recorded = record(gpu, Precision.BF16);
      assertThat(recorded.product().dtype()).isEqualTo(DType.BF16);
      assertThat(recorded.gradient().dtype()).isEqualTo(DType.BF16);
      assertThat(recorded.sum().dtype()).as("BF16 meets F32").isEqualTo(DType.F32);
    }
  }

  @Test
  void elsewhereTheyPutOutWhatTheMastersAre() {
    try (Backend cpu = CpuBackend.meta();
        Backend gpu = CudaBackend.meta(0)) {
      assertThat(record(cpu, Precision.BF16).product().dtype()).isEqualTo(DType.F32);
      assertThat(record(cpu, Precision.F32).product().dtype()).isEqualTo(DType.F32);
      assertThat(record(cpu, Precision.F64).product().dtype()).isEqualTo(DType.F64);
      assertThat(record(gpu, Precision.F32).product().dtype()).isEqualTo(DType.F32);
    }
  }
}
