package io.colubrid.runtime.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.spi.layer.Sequences.Kind;
import io.colubrid.spi.op.ShapeException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ModelPassTest {
  private final Memory memory = CpuBackend.meta().memory();
  private final Recorder recorder =
      new Recorder(
          new ParameterStore(memory, Precision.F32, List.of()), Recorder.Bodies.FAST, false);

  @Test
  void packedRowsCannotAdvanceStates() {
    RowSequences packed = new RowSequences(Kind.PACKED, Optional.empty(), Optional.empty());
    StateStore states = new StateStore(memory, Map.of(), 1, 8);

    assertThatThrownBy(() -> new ModelPass(recorder, false, packed, states, new PassObserver() {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a slot holds one sequence");
  }

  @Test
  void theInnermostLayerThatFailsIsNamed() {
    ModelPass pass =
        new ModelPass(recorder, false, RowSequences.dense(), null, new PassObserver() {});

    assertThatThrownBy(
            () ->
                pass.inside(
                    "layers.2.mixer",
                    outer ->
                        pass.inside(
                            "layers.2.mixer.of",
                            inner -> {
                              throw new ShapeException("needs three axes");
                            })))
        .isInstanceOf(LayerFailedException.class)
        .hasMessage("layers.2.mixer.of: needs three axes")
        .hasCauseInstanceOf(ShapeException.class);
  }
}
