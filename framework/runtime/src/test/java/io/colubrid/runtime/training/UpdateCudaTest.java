package io.colubrid.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.builtin.Optimizers;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.train.Optimizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Updates on a GPU leave what they leave on the CPU. */
@Tag("cuda")
final class UpdateCudaTest {
  private static final List<ModelParameter> PARAMETERS =
      List.of(
          parameter("a", Parameter.Role.VECTOR, 3),
          parameter("b", Parameter.Role.MATRIX, 150, 37),
          parameter("c", Parameter.Role.TABLE, 7, 5),
          parameter("d", Parameter.Role.VECTOR, 130),
          parameter("e", Parameter.Role.MATRIX, 64, 96));

  private static ModelParameter parameter(String path, Parameter.Role role, long... shape) {
    return new ModelParameter(path, Shape.of(shape), Initializer.constant(0), role);
  }

  @ParameterizedTest
  @CsvSource({"F32, true, 1", "BF16, true, 1e9", "BF16, false, 0.5", "F32, false, 1"})
  void agreesWithTheCpu(Precision precision, boolean adam, float clip) {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
    Optimizer optimizer = adam ? Optimizers.adamW() : Optimizers.sgd();
    List<float[]> expected;
    try (CpuBackend cpu = new CpuBackend()) {
      expected = updated(cpu, precision, optimizer, clip);
    }
    try (CudaBackend cuda = new CudaBackend(0)) {
      List<float[]> found = updated(cuda, precision, optimizer, clip);
      for (int i = 0; i < expected.size(); i++) {
        for (int j = 0; j < expected.get(i).length; j++) {
          float value = expected.get(i)[j];
          if (found.get(i)[j] == value) {
            continue; // also where both are infinite
          }
          assertThat(found.get(i)[j])
              .as("element %d of piece %d", j, i)
              .isCloseTo(value, within(1e-6f + 2e-5f * Math.abs(value)));
        }
      }
      List<float[]> again = updated(cuda, precision, optimizer, clip);
      for (int i = 0; i < found.size(); i++) {
        assertThat(again.get(i)).as("bits of piece %d", i).isEqualTo(found.get(i));
      }
      cuda.memory().requireEmpty();
    }
  }

  /** Masters, gradients, slots and the reports, after two updates and one that must be skipped. */
  private static List<float[]> updated(
      Backend backend, Precision precision, Optimizer optimizer, float clip) {
    ParameterStore store = new ParameterStore(backend.memory(), precision, PARAMETERS);
    store.enableGradients();
    Storage totals = backend.memory().allocate("totals", 2 * Float.BYTES);
    Storage settings = backend.memory().allocate("settings", 3 * Float.BYTES);
    Storage report = backend.memory().allocate("report", 4 * Float.BYTES);
    List<float[]> found = new ArrayList<>();
    try (Executable update =
        new UpdateProgram(backend, store, optimizer, totals, settings, report, true).record()) {
      write(store.allMasters(), random(1, store.allMasters()));
      for (int number = 1; number <= 3; number++) {
        for (ModelParameter parameter : PARAMETERS) {
          long at = store.gradient(parameter).offset();
          float[] gradient = random(number, parameter.shape().elements());
          gradient[1] = number == 3 ? Float.POSITIVE_INFINITY : gradient[1];
          store.gradients().write(at, host(gradient));
        }
        write(totals, 12, 8);
        write(settings, 0.01f, number, clip);
        update.run();
        found.add(read(report));
      }
      for (ModelParameter parameter : PARAMETERS) {
        for (Storage piece : pieces(store, optimizer)) {
          float[] all = read(piece);
          int from = (int) (store.master(parameter).offset() / Float.BYTES);
          int count = (int) parameter.shape().elements();
          found.add(Arrays.copyOfRange(all, from, from + count));
        }
      }
    } finally {
      store.close();
      List.of(totals, settings, report).forEach(Storage::close);
    }
    return found;
  }

  private static List<Storage> pieces(ParameterStore store, Optimizer optimizer) {
    List<Storage> pieces = new ArrayList<>(List.of(store.allMasters(), store.gradients()));
    optimizer.slots().forEach(name -> pieces.add(store.slot(name)));
    return pieces;
  }

  private static float[] random(int seed, Storage storage) {
    return random(seed, storage.bytes() / Float.BYTES);
  }

  private static float[] random(int seed, long count) {
    Random random = new Random(seed);
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return values;
  }

  private static void write(Storage storage, float... values) {
    storage.write(0, host(values));
  }

  private static MemorySegment host(float... values) {
    MemorySegment host = Arena.ofAuto().allocate(values.length * 4L, 8);
    MemorySegment.copy(values, 0, host, ValueLayout.JAVA_FLOAT, 0, values.length);
    return host;
  }

  private static float[] read(Storage storage) {
    MemorySegment host = Arena.ofAuto().allocate(storage.bytes(), 8);
    storage.read(0, host);
    return host.toArray(ValueLayout.JAVA_FLOAT);
  }
}
