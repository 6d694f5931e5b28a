package io.colubrid.runtime.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.ParameterBinding.Slot;
import io.colubrid.runtime.checkpoint.TensorRule.Rename;
import io.colubrid.runtime.checkpoint.TensorRule.Reshape;
import io.colubrid.runtime.checkpoint.TensorRule.Split;
import io.colubrid.runtime.checkpoint.TensorRule.Stack;
import io.colubrid.runtime.checkpoint.format.SafetensorsWriter;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.checkpoint.format.StoredType;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter.Role;
import io.colubrid.spi.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TensorRulesTest {
  @TempDir Path folder;

  private final Memory memory = Memory.tracingCpu();

  @AfterEach
  void nothingLeaked() {
    memory.requireEmpty();
  }

  @Test
  void aTensorIsSplitAlongItsFirstAxis() throws IOException {
    TensorRules rules = rules(new Split("xz", 0, List.of("x", "z")));
    write("xz", Shape.of(3, 2), 1, 2, 3, 4, 5, 6);

    try (ParameterStore store = load(rules, parameter("x", 1, 2), parameter("z", 2, 2))) {
      assertThat(values(store, "x")).containsExactly(1, 2);
      assertThat(values(store, "z")).containsExactly(3, 4, 5, 6);
    }
  }

  @Test
  void aTensorIsSplitAlongItsLastAxis() throws IOException {
    TensorRules rules = rules(new Split("xz", 1, List.of("x", "z")));
    write("xz", Shape.of(2, 3), 1, 2, 3, 4, 5, 6);

    try (ParameterStore store = load(rules, parameter("x", 2, 1), parameter("z", 2, 2))) {
      assertThat(values(store, "x")).containsExactly(1, 4);
      assertThat(values(store, "z")).containsExactly(2, 3, 5, 6);
    }
  }

  @Test
  void tensorsAreStackedInTheirOrder() throws IOException {
    TensorRules rules = rules(new Stack(List.of("expert.1", "expert.0"), "experts"));
    new SafetensorsWriter()
        .add("expert.0", StoredType.F32, List.of(2L), floats(1, 2))
        .add("expert.1", StoredType.F32, List.of(2L), floats(3, 4))
        .write(file());

    try (ParameterStore store = load(rules, parameter("experts", 2, 2))) {
      assertThat(values(store, "experts")).containsExactly(3, 4, 1, 2);
    }
  }

  @Test
  void anAxisOfOneIsTakenAway() throws IOException {
    TensorRules rules = rules(new Reshape("conv", Shape.of(2, 1, 2), "conv.weight"));
    write("conv", Shape.of(2, 1, 2), 1, 2, 3, 4);

    try (ParameterStore store = load(rules, parameter("conv.weight", 2, 2))) {
      assertThat(values(store, "conv.weight")).containsExactly(1, 2, 3, 4);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "F64"})
  void exportIsTheSameListReadBackwards(Precision precision) throws IOException {
    TensorRules rules =
        rules(
            new Rename("a", "our.a"),
            new Reshape("b", Shape.of(2, 1, 3), "our.b"),
            new Split("c", 1, List.of("our.c0", "our.c1")),
            new Stack(List.of("d0", "d1"), "our.d"));
    SafetensorsWriter writer = new SafetensorsWriter();
    writer.add("a", StoredType.F32, List.of(4L), floats(1, 2, 3, 4));
    writer.add("b", StoredType.F32, List.of(2L, 1L, 3L), floats(5, 6, 7, 8, 9, 10));
    writer.add("c", StoredType.F32, List.of(2L, 3L), floats(11, 12, 13, 14, 15, 16));
    writer.add("d0", StoredType.F32, List.of(2L), floats(17, 18));
    writer.add("d1", StoredType.F32, List.of(2L), floats(19, 20));
    writer.write(file());

    try (StoredTensors stored = StoredTensors.open(file());
        ParameterStore store =
            new ParameterStore(
                memory,
                precision,
                List.of(
                    parameter("our.d", 2, 2),
                    parameter("our.c1", 2, 2),
                    parameter("our.c0", 2, 1),
                    parameter("our.b", 2, 3),
                    parameter("our.a", 4)))) {
      rules.load(stored, store);
      var exported = rules.export(store, store::master);

      assertThat(exported).hasSameSizeAs(stored.tensors());
      exported.forEach(
          (name, tensor) -> {
            assertThat(tensor.extents()).isEqualTo(stored.tensor(name).shape());
            assertThat(doubles(tensor)).isEqualTo(stored.tensor(name).toDoubles());
          });
    }
  }

  @Test
  void aParameterWithoutARuleIsNotLeftAsItWas() throws IOException {
    TensorRules rules = rules(new Rename("a", "our.a"), new Rename("b", "our.b"));
    write("a", Shape.of(1), 1);

    assertThatThrownBy(() -> load(rules, parameter("our.a", 1), parameter("our.c", 2)))
        .isInstanceOf(CheckpointMismatchException.class)
        .hasMessage(
            file()
                + """
                : 2 tensors do not fit the model
                  b: the model has no parameter our.b
                  our.c[2]: the format has no tensor for this parameter\
                """);
  }

  private static TensorRules rules(TensorRule... rules) {
    return new TensorRules(List.of(rules));
  }

  private ParameterStore load(TensorRules rules, ModelParameter... parameters) throws IOException {
    ParameterStore store = new ParameterStore(memory, Precision.F32, List.of(parameters));
    try (StoredTensors stored = StoredTensors.open(file())) {
      rules.load(stored, store);
      return store;
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private Path file() {
    return folder.resolve(StoredTensors.FILE_NAME);
  }

  private void write(String name, Shape shape, float... values) throws IOException {
    List<Long> extents = Arrays.stream(shape.toArray()).boxed().toList();
    new SafetensorsWriter().add(name, StoredType.F32, extents, floats(values)).write(file());
  }

  private static ModelParameter parameter(String path, long... shape) {
    return new ModelParameter(path, Shape.of(shape), Initializer.constant(0), Role.MATRIX);
  }

  private static MemorySegment floats(float... values) {
    return MemorySegment.ofArray(values);
  }

  private static float[] values(ParameterStore store, String path) {
    ModelParameter parameter =
        store.parameters().stream().filter(p -> p.path().equals(path)).findFirst().orElseThrow();
    Slot slot = store.master(parameter);
    return slot.storage()
        .segment()
        .asSlice(slot.offset(), parameter.shape().elements() * Float.BYTES)
        .toArray(ValueLayout.JAVA_FLOAT);
  }

  private static double[] doubles(ForeignTensor tensor) {
    return switch (tensor.dtype()) {
      case F64 -> tensor.elements().toArray(ValueLayout.JAVA_DOUBLE);
      default -> {
        float[] floats = tensor.elements().toArray(ValueLayout.JAVA_FLOAT);
        double[] doubles = new double[floats.length];
        Arrays.setAll(doubles, i -> floats[i]);
        yield doubles;
      }
    };
  }
}
