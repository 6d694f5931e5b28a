package io.colubrid.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.Trial;
import io.colubrid.spi.tensor.Shape;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LayerMetricsTest {
  private final Memory memory = Memory.tracingCpu();

  @Test
  void averagesOverRunsUntilItIsAsked() {
    try (Trial trial = new Trial(Bodies.FAST, 1);
        LayerMetrics metrics = new LayerMetrics(memory)) {
      Value scalar = trial.floats(Shape.scalar(), 2);
      Value loads = trial.floats(Shape.of(3), 0.5, 0.25, 0.125);
      metrics.add("layers.1.channel.balance", scalar);
      metrics.add("layers.1.channel.load", loads);
      metrics.record(trial.recorder(), memory);
      Executable program = trial.prepare();

      run(program, metrics);
      trial.set(scalar, 4);
      trial.set(loads, 0.5, 0.75, 0.375);
      run(program, metrics);

      assertThat(metrics.take())
          .containsExactly(
              Map.entry("layers.1.channel.balance", 3.0),
              Map.entry("layers.1.channel.load.0", 0.5),
              Map.entry("layers.1.channel.load.1", 0.5),
              Map.entry("layers.1.channel.load.2", 0.25));
      run(program, metrics);
      assertThat(metrics.take()).containsEntry("layers.1.channel.balance", 4.0);
    }
  }

  private static void run(Executable program, LayerMetrics metrics) {
    program.run();
    metrics.ran();
  }

  @Test
  void refusesAMatrixAndASecondFigureOfOneName() {
    try (Trial trial = new Trial(Bodies.FAST, 1);
        LayerMetrics metrics = new LayerMetrics(memory)) {
      Value matrix = trial.floats(Shape.of(1, 2), 1, 2);
      assertThatThrownBy(() -> metrics.add("a.load", matrix))
          .hasMessage("metric a.load has shape [1, 2]; expected a scalar or a vector");
      Value scalar = trial.floats(Shape.scalar(), 2);
      metrics.add("a.drop", scalar);
      assertThatThrownBy(() -> metrics.add("a.drop", scalar))
          .hasMessage("metric a.drop was reported twice in one pass; give it another name");
    }
  }
}
