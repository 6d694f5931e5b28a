package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.generation.Sampling;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.LossCurve;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.Trainer;
import io.colubrid.runtime.training.TrainingListener;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tokens generated from states are those of a pass over the whole sequence for every token. */
final class GreedyGenerationTest {
  private static final int TOKENS = 24;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void equalsRunningTheWholeSequenceAgain(SmallRun run) throws IOException, InterruptedException {
    RunSpec spec;
    try (Session session = Session.open(List.of())) {
      spec = session.read(run.write(folder, 20), List.of());
    }
    try (CpuBackend backend = new CpuBackend();
        DataSet<?> data = spec.data().open();
        Trainer trainer = new Trainer(spec, backend, data, TrainingListener.SILENT)) {
      trainer.run(20, () -> false, new LossCurve(entry -> {}));
      List<Integer> sequence = new ArrayList<>();
      for (byte value : "the snake sle".getBytes(StandardCharsets.UTF_8)) {
        sequence.add((int) value);
      }

      List<Integer> generated = generate(backend, trainer, sequence);

      for (int token : generated) {
        assertThat(token).isEqualTo(best(whole(backend, trainer, sequence)));
        sequence.add(token);
      }
      assertThat(generated).hasSize(TOKENS);
    }
  }

  private static int[] ints(List<Integer> tokens) {
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  private static List<Integer> generate(CpuBackend backend, Trainer trainer, List<Integer> prompt) {
    List<Integer> tokens = new ArrayList<>();
    long capacity = prompt.size() + TOKENS;
    try (Generator generator = new Generator(backend, trainer.model(), trainer.store(), capacity)) {
      generator.generate(ints(prompt), Sampling.greedy(), TOKENS, tokens::add);
    }
    return tokens;
  }

  /** Scores of the next token, by one pass without states, of which two ways agree. */
  private static float[] whole(CpuBackend backend, Trainer trainer, List<Integer> tokens) {
    Recorder recorder = new Recorder(trainer.store(), Recorder.Bodies.FAST, false);
    TensorType type = TensorType.i32(1, tokens.size());
    ModelPass pass =
        new ModelPass(recorder, false, RowSequences.dense(), null, new PassObserver() {});
    try (Storage ids = backend.memory().allocate("tokens", type.bytes())) {
      for (int i = 0; i < tokens.size(); i++) {
        ids.segment().setAtIndex(ValueLayout.JAVA_INT, i, tokens.get(i));
      }
      Value input = recorder.external(ids, type);
      Value next = (Value) trainer.model().next(input, pass);
      Tensor hidden = trainer.model().hidden(input, pass);
      Tensor last = recorder.ops().slice(hidden, 1, tokens.size() - 1, tokens.size());
      Value logits = (Value) trainer.model().logits(last, pass);
      try (Executable executable =
          backend.prepare("whole", backend.finish(recorder, List.of(logits, next)))) {
        executable.run();
        float[] scores = executable.read(logits).toArray(ValueLayout.JAVA_FLOAT);
        assertThat(executable.read(next).toArray(ValueLayout.JAVA_FLOAT))
            .containsExactly(scores, within(1e-5f));
        return scores;
      }
    }
  }

  private static int best(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }
}
