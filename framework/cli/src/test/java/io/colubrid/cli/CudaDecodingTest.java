package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.Initialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decoding on a GPU, with the states and caches that it keeps there. */
@Tag("cuda")
final class CudaDecodingTest {
  private static final int PROMPT = 37;
  private static final int TOKENS = 80;

  @TempDir private Path folder;

  @BeforeAll
  static void needsAGpu() {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
  }

  /** In BF16 experts may be chosen otherwise, so that only F32 can be asked of them. */
  @ParameterizedTest
  @CsvSource({
    "MAMBA, F32, 1e-4",
    "MAMBA2, F32, 1e-4",
    "ATTENTION, F32, 1e-4",
    "HYBRID, F32, 1e-4",
    "EXPERTS, F32, 1e-4",
    "MAMBA, BF16, 2e-2",
    "MAMBA2, BF16, 2e-2",
    "ATTENTION, BF16, 2e-2",
    "HYBRID, BF16, 2e-2"
  })
  void everyStepGivesTheScoresOfTheProcessor(SmallRun run, Precision precision, double tolerance)
      throws IOException {
    Path config = run.write(folder, 1);
    int[] tokens = new Random(7).ints(TOKENS, 0, 256).toArray();
    List<float[]> expected;
    List<float[]> found;
    try (CpuBackend cpu = new CpuBackend()) {
      expected = scores(cpu, config, precision, tokens);
    }
    try (CudaBackend cuda = new CudaBackend(0)) {
      found = scores(cuda, config, precision, tokens);
    }

    for (int i = 0; i < expected.size(); i++) {
      assertThat(error(found.get(i), expected.get(i)))
          .as("relative error of the scores behind token %d", PROMPT + i)
          .isLessThan(tolerance);
    }
  }

  /** The scores behind the prompt and behind each token that is read alone. */
  private static List<float[]> scores(
      Backend backend, Path config, Precision precision, int[] tokens) throws IOException {
    try (Session session = Session.open(List.of())) {
      Model model = ModelBuilder.build(session.read(config, List.of()).graph());
      try (ParameterStore store =
          new ParameterStore(backend.memory(), precision, model.parameters())) {
        Initialization.run(backend, store, 3);
        try (Generator generator = new Generator(backend, model, store, TOKENS)) {
          List<float[]> scores = new ArrayList<>();
          scores.add(generator.read(Arrays.copyOf(tokens, PROMPT)).clone());
          for (int i = PROMPT; i < TOKENS; i++) {
            scores.add(generator.read(tokens[i]).clone());
          }
          return scores;
        }
      }
    }
  }

  private static double error(float[] found, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) found[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
