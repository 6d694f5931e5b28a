package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A long prompt gives on a GPU what its parts give, read one after another. */
@Tag("cuda")
final class CudaPromptTest {
  private static final int TOKENS = 3011;
  private static final int PART = 203;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"F32, 1e-4", "BF16, 2e-2"})
  void aPromptMayBeReadAtOnce(Precision precision, double tolerance) throws IOException {
    Model model = model();
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
    int[] tokens = new Random(1).ints(TOKENS, 0, 256).toArray();
    try (CudaBackend backend = new CudaBackend(0)) {
      try (ParameterStore store =
          new ParameterStore(backend.memory(), precision, model.parameters())) {
        Initialization.run(backend, store, 1);
        float[] whole = scores(backend, model, store, tokens, TOKENS);
        float[] inParts = scores(backend, model, store, tokens, PART);
        double norm = Math.sqrt(distance(inParts, new float[inParts.length]));
        assertThat(Math.sqrt(distance(whole, inParts)) / norm).isCloseTo(0, within(tolerance));
      }
      backend.memory().requireEmpty();
    }
  }

  private static float[] scores(
      CudaBackend backend, Model model, ParameterStore store, int[] tokens, int part) {
    try (Generator generator = new Generator(backend, model, store, TOKENS)) {
      float[] last = {};
      for (int from = 0; from < tokens.length; from += part) {
        int to = Math.min(tokens.length, from + part);
        last = generator.read(Arrays.copyOfRange(tokens, from, to));
      }
      return last;
    }
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    }
    return sum;
  }

  private Model model() throws IOException {
    String config =
        """
        model {
          d-model = 128
          blocks {
            a { mixer { type = attention, heads = 2, kv-heads = 1 }, channel { type = swiglu } }
            m { mixer { type = mamba } }
          }
          layers = [ { repeat = 1, of = [ a, m ] } ]
        }
        data { source = path, path = "text.txt", documents = line }
        train { steps = 1, batch = 1, length = 8 }
        """;
    Files.writeString(folder.resolve("text.txt"), "some text\n");
    try (Session session = Session.open(List.of())) {
      Path file = Files.writeString(folder.resolve("run.conf"), config);
      return ModelBuilder.build(session.read(file, List.of()).graph());
    }
  }
}
