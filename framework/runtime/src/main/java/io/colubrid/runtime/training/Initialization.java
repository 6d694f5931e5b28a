package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.random.ElementDraw;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.LongStream;

/** Gives new parameters their values: a pure function of the seed and each parameter's path. */
public final class Initialization {
  private static final long CHUNK = 1 << 12;

  private Initialization() {}

  /** Fills the masters of a store, and their BF16 copies if there are any. */
  public static void run(Backend backend, ParameterStore store, long seed) {
    run(store, seed);
    Shadows.refresh(backend, store);
  }

  /** Fills the masters of a store. */
  public static void run(ParameterStore store, long seed) {
    for (ModelParameter parameter : store.parameters()) {
      ParameterBinding.Slot slot = store.master(parameter);
      long bytes = parameter.shape().elements() * slot.dtype().bytes();
      slot.storage().edit(slot.offset(), bytes, host -> fill(host, slot.dtype(), parameter, seed));
    }
  }

  private static void fill(MemorySegment host, DType dtype, ModelParameter parameter, long seed) {
    int stream = RandomStream.named(parameter.path()).key();
    long elements = parameter.shape().elements();
    LongStream.range(0, Math.ceilDiv(elements, CHUNK))
        .parallel()
        .forEach(
            chunk -> {
              ElementDraw draw = new ElementDraw(seed, stream);
              long end = Math.min(elements, (chunk + 1) * CHUNK);
              for (long i = chunk * CHUNK; i < end; i++) {
                draw.moveTo(i);
                write(host, dtype, i, parameter.initializer().value(i, parameter.shape(), draw));
              }
            });
  }

  private static void write(MemorySegment host, DType dtype, long index, double value) {
    if (dtype == DType.F64) {
      host.setAtIndex(ValueLayout.JAVA_DOUBLE, index, value);
    } else {
      host.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
    }
  }
}
