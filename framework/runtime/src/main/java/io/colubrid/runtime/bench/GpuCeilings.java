package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cuda.CopyCeiling;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaGpu;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * What a GPU can do: a large copy and a large product of BF16 are measured, exponentials are
 * reckoned.
 */
final class GpuCeilings {
  private static final long COPIED_BYTES = 1L << 30;
  private static final int PRODUCT = 8192;
  private static final int TRIALS = 7;
  private static final int RUNS = 4;

  private GpuCeilings() {}

  static Ceilings measure(CudaBackend backend) {
    CudaGpu gpu = backend.gpu();
    double copy = 2.0 * COPIED_BYTES / copyNanos(backend);
    double product = 2.0 * PRODUCT * PRODUCT * PRODUCT / productNanos(backend);
    String text =
        """
        limits: copying %,.0f GB/s (read plus written) and a bf16 product of %d³ %,.0f GFLOP/s, \
        measured now; %,.0f·10⁹ exponentials a second, reckoned"""
            .formatted(copy, PRODUCT, product, gpu.gigaexponentials());
    return new Ceilings(product, copy, gpu.gigaexponentials(), text);
  }

  private static double copyNanos(CudaBackend backend) {
    TensorType type = TensorType.f32(COPIED_BYTES / Float.BYTES);
    try (Storage from = RandomStorage.of(backend.memory(), "from", type);
        Storage to = backend.memory().allocate("to", COPIED_BYTES)) {
      return CopyCeiling.nanos(backend, from, to);
    }
  }

  private static double productNanos(CudaBackend backend) {
    TensorType type = new TensorType(DType.BF16, Shape.of(PRODUCT, PRODUCT));
    try (Storage a = RandomStorage.of(backend.memory(), "a", type);
        Storage b = RandomStorage.of(backend.memory(), "b", type)) {
      return nanos(
          backend,
          recorder ->
              List.of(
                  (Value)
                      recorder
                          .ops()
                          .matmul(
                              recorder.external(a, type),
                              false,
                              recorder.external(b, type),
                              true)));
    }
  }

  private interface Recording {
    List<Value> record(Recorder recorder);
  }

  private static double nanos(CudaBackend backend, Recording recording) {
    Memory memory = backend.memory();
    try (ParameterStore none = new ParameterStore(memory, Precision.F32, List.of())) {
      Recorder recorder = new Recorder(none, backend.bodies(), false);
      List<Value> outputs = recording.record(recorder);
      try (Executable executable = backend.prepare("limit", backend.finish(recorder, outputs))) {
        double[] nanos = new double[TRIALS];
        for (int i = 0; i < TRIALS; i++) {
          nanos[i] = executable.nanos(RUNS);
        }
        Arrays.sort(nanos);
        return nanos[TRIALS / 2];
      }
    }
  }
}
