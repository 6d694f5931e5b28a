package io.colubrid.runtime.training;

import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.random.ElementDraw;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Gives new parameters their values: a pure function of the seed and each parameter's path. */
public final class Initialization {
  private static final long GRAIN = 1 << 12;

  private Initialization() {}

  /** Fills the masters of a store on the CPU. */
  public static void run(ParameterStore store, long seed, WorkerPool pool) {
    for (ModelParameter parameter : store.parameters()) {
      ParameterBinding.Slot slot = store.master(parameter);
      MemorySegment all = slot.storage().segment();
      int stream = RandomStream.named(parameter.path()).key();
      pool.forEachRange(
          parameter.shape().elements(),
          GRAIN,
          (from, to) -> {
            ElementDraw draw = new ElementDraw(seed, stream);
            for (long i = from; i < to; i++) {
              draw.moveTo(i);
              double value = parameter.initializer().value(i, parameter.shape(), draw);
              write(all, slot, i, value);
            }
          });
    }
  }

  private static void write(
      MemorySegment all, ParameterBinding.Slot slot, long index, double value) {
    long at = slot.offset() + index * slot.dtype().bytes();
    if (slot.dtype() == DType.F64) {
      all.set(ValueLayout.JAVA_DOUBLE, at, value);
    } else {
      all.set(ValueLayout.JAVA_FLOAT, at, (float) value);
    }
  }
}
