package io.colubrid.runtime.verify;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.model.Model;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A model with the weights of a checkpoint. */
record LoadedModel(Backend backend, Model model, ParameterStore store, Arrangement arrangement) {
  Recorder.Bodies bodies() {
    return arrangement.bodies(backend);
  }

  /** Token ids as an input of a program. */
  Storage tokens(String name, TensorType type, int[] ids) {
    Storage storage = backend.memory().allocate(name, type.bytes());
    storage.write(0, MemorySegment.ofArray(ids));
    return storage;
  }

  static double[] read(Executable executable, Value value) {
    return read(executable.read(value), value.dtype());
  }

  static double[] read(MemorySegment elements, DType dtype) {
    int count = Math.toIntExact(elements.byteSize() / dtype.bytes());
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) {
      numbers[i] =
          dtype == DType.F64
              ? elements.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, (long) i * Double.BYTES)
              : elements.get(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) i * Float.BYTES);
    }
    return numbers;
  }
}
