package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.Trial;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.spi.layer.Parameter.Role;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class EmbeddingStemTest {
  private static final int[] IDS = {4, 0, 2, 2, 4, 1};

  private static double[] run(double dropout, boolean training) {
    DeclaredParameters declared = new DeclaredParameters("stem", 3);
    Stem stem = new EmbeddingStemFactory().create(new EmbeddingConfig(5, 0.02, dropout), declared);
    try (Trial trial = new Trial(Bodies.FAST, 1, Precision.F32, declared.all())) {
      Value ids = trial.ints(Shape.of(2, 3), IDS);
      ModelPass pass =
          new ModelPass(
              trial.recorder(), training, RowSequences.dense(), null, new PassObserver() {});
      Tensor stream = stem.forward(ids, pass);
      assertThat(stream.type()).isEqualTo(TensorType.f32(2, 3, 3));
      Executable program = trial.prepare(stream);
      program.run();
      return trial.elements(program, stream);
    }
  }

  @Test
  void givesEachTokenItsRow() {
    DeclaredParameters declared = new DeclaredParameters("stem", 3);
    Stem stem = new EmbeddingStemFactory().create(new EmbeddingConfig(5, 0.02, 0), declared);
    ModelParameter table = declared.named("stem.weight");

    assertThat(declared.all()).containsExactly(table);
    assertThat(table.shape()).isEqualTo(Shape.of(5, 3));
    assertThat(table.role()).isEqualTo(Role.TABLE);
    assertThat(stem.output()).isEqualTo(StreamShape.sequence(3));
    assertThat(stem.input(2, 3)).isEqualTo(TensorType.i32(2, 3));
    try (Trial trial = new Trial(Bodies.FAST, 1, Precision.F32, declared.all())) {
      double[] rows = trial.elements(table);
      double[] expected = new double[18];
      Arrays.setAll(expected, i -> rows[IDS[i / 3] * 3 + i % 3]);

      assertThat(run(0, true)).isEqualTo(expected);
    }
  }

  @Test
  void dropsElementsInTrainingOnly() {
    double[] whole = run(0, true);
    double[] dropped = run(0.5, true);

    assertThat(run(0.5, false)).isEqualTo(whole);
    assertThat(dropped).contains(0.0);
    for (int i = 0; i < whole.length; i++) {
      assertThat(dropped[i]).isIn(0.0, 2 * whole[i]);
    }
  }
}
