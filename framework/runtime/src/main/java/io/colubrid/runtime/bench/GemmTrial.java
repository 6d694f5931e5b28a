package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;

/** A matrix product in F32, [m, k] by [k, n]. */
final class GemmTrial implements Trial {
  private final Workload work;
  private final Storage a;
  private final Storage b;
  private final ParameterStore none;
  private final Repeated repeated;

  GemmTrial(Backend backend, int m, int n, int k) {
    TensorType left = TensorType.f32(m, k);
    TensorType right = TensorType.f32(k, n);
    this.a = RandomStorage.of(backend.memory(), "a", left);
    this.b = RandomStorage.of(backend.memory(), "b", right);
    this.none = new ParameterStore(backend.memory(), Precision.F32, List.of());
    Recorder recorder = new Recorder(none, backend.bodies(), false);
    Value product =
        (Value)
            recorder
                .ops()
                .matmul(recorder.external(a, left), false, recorder.external(b, right), false);
    double bytes = left.bytes() + right.bytes() + product.type().bytes();
    this.work = new Workload(2.0 * m * n * k, bytes, 0, 0);
    this.repeated =
        new Repeated(backend.prepare("bench", backend.finish(recorder, List.of(product))));
  }

  @Override
  public double nanos() {
    return repeated.nanos();
  }

  @Override
  public Workload workload() {
    return work;
  }

  @Override
  public void close() {
    repeated.close();
    none.close();
    a.close();
    b.close();
  }
}
