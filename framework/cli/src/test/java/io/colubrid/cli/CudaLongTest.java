package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.runtime.profile.SyntheticTraining;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.Initialization;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.TrainingStep;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Very long sequences through a stack of Mamba layers, on one GPU. */
@Tag("cuda")
@Tag("large")
final class CudaLongTest {
  private static final int LONGEST = 1 << 20;
  private static final int TRAINED = 1 << 17;
  private static final int REMEMBERED = 1 << 15;
  private static final long NEEDED_BYTES = 70_000_000_000L;

  @TempDir private Path folder;

  @BeforeEach
  void needsALargeGpu() {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
    try (CudaBackend backend = new CudaBackend(0)) {
      long free = backend.gpu().freeBytes();
      Assumptions.assumeTrue(
          free >= NEEDED_BYTES,
          () -> "needs %,d bytes of free memory, there are %,d".formatted(NEEDED_BYTES, free));
    }
  }

  /** What a step takes from the state is what it takes from a million positions. */
  @Test
  void aMillionTokensAreOnePass() throws IOException {
    RunSpec spec = spec(LONGEST, "bf16", 0);
    Model model = ModelBuilder.build(spec.graph());
    int[] tokens = new Random(1).ints(LONGEST, 0, 256).toArray();
    try (CudaBackend backend = new CudaBackend(0);
        ParameterStore store =
            new ParameterStore(backend.memory(), Precision.BF16, model.parameters())) {
      Initialization.run(backend, store, 1);
      float[] found = lastScores(backend, model, store, tokens);
      try (Generator generator = new Generator(backend, model, store, REMEMBERED)) {
        float[] expected =
            generator.read(Arrays.copyOfRange(tokens, LONGEST - REMEMBERED, LONGEST));
        assertThat(error(found, expected)).isLessThan(2e-2);
      }
    }
  }

  private static float[] lastScores(
      CudaBackend backend, Model model, ParameterStore store, int[] tokens) {
    TensorType type = TensorType.i32(1, tokens.length);
    Recorder recorder = new Recorder(store, backend.bodies(), false);
    ModelPass pass =
        new ModelPass(recorder, false, RowSequences.dense(), null, new PassObserver() {});
    try (Storage ids = backend.memory().allocate("tokens", type.bytes())) {
      ids.write(0, MemorySegment.ofArray(tokens));
      Ops ops = recorder.ops();
      Value scores = (Value) ops.cast(model.next(recorder.external(ids, type), pass), DType.F32);
      try (Executable whole =
          backend.prepare("a million tokens", backend.finish(recorder, List.of(scores)))) {
        whole.run();
        System.out.printf(
            "forward over %,d tokens: %.1f ms, peak %.2f GB%n",
            tokens.length, whole.nanos(1) / 1e6, backend.memory().peakBytes() / 1e9);
        return whole.read(scores).toArray(ValueLayout.JAVA_FLOAT);
      }
    }
  }

  @Test
  void aLongRowIsTrainedOnByRecomputation() throws IOException {
    for (String precision : List.of("f32", "bf16")) {
      RunSpec spec = spec(TRAINED, precision, 1);
      try (CudaBackend backend = new CudaBackend(0);
          SyntheticTraining training = new SyntheticTraining(spec, backend)) {
        training.run();
        long start = System.nanoTime();
        TrainingStep.Report report = training.run();
        System.out.printf(
            "training step of %,d tokens in %s: %.1f ms, peak %.2f GB%n",
            TRAINED,
            precision,
            (System.nanoTime() - start) / 1e6,
            backend.memory().peakBytes() / 1e9);

        assertThat(report.skipped()).isFalse();
        assertThat(report.loss()).isFinite().isPositive();
      }
    }
  }

  private RunSpec spec(int length, String precision, int checkpointEvery) throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "some text\n");
    String config =
        """
        model {
          d-model = 768, precision = %s, checkpoint-every = %d
          blocks { m { mixer { type = mamba } } }
          layers = [ { repeat = 24, of = [ m ] } ]
        }
        data { source = path, path = "%s", documents = line, packing = dense }
        train { steps = 2, batch = 1, length = %d }
        """
            .formatted(precision, checkpointEvery, text, length);
    try (Session session = Session.open(List.of())) {
      return session.read(Files.writeString(folder.resolve("run.conf"), config), List.of());
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
