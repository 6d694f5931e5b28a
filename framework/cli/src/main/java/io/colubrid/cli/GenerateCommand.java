package io.colubrid.cli;

import io.colubrid.runtime.generation.Sampling;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.session.TextGeneration;
import io.colubrid.runtime.training.TrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes on from a prompt. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    description = "Writes on from a prompt with the newest checkpoint of a run.")
final class GenerateCommand implements Callable<Integer> {
  @Mixin private SessionOptions options = new SessionOptions();
  @Mixin private DeviceOption device = new DeviceOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "RUN", description = "The run's folder.")
  private Path run = Path.of("");

  @Option(names = "--prompt", defaultValue = "", description = "The text to go on from.")
  private String prompt = "";

  @Option(
      names = "--max-tokens",
      defaultValue = "200",
      description = "The most tokens to write (default: ${DEFAULT-VALUE}).")
  private int maxTokens;

  @Option(
      names = "--temperature",
      defaultValue = "0.8",
      description = "How freely to draw; 0 always takes the best (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-k",
      defaultValue = "0",
      description = "Draw from so many best tokens; 0 for all (default: ${DEFAULT-VALUE}).")
  private int topK;

  @Option(
      names = "--top-p",
      defaultValue = "1",
      description = "Draw from the best tokens that hold this probability together (default: all).")
  private double topP;

  @Option(
      names = "--min-p",
      defaultValue = "0",
      description = "Draw from tokens at least this probable, relative to the best (default: all).")
  private double minP;

  @Option(
      names = "--repetition-penalty",
      defaultValue = "1",
      description = "Above 1 makes tokens seen before less likely (default: ${DEFAULT-VALUE}).")
  private double repetitionPenalty;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed of the draws (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() throws IOException {
    Sampling sampling = new Sampling(repetitionPenalty, temperature, topK, topP, minP, seed);
    if (maxTokens < 1) {
      throw new IllegalArgumentException("--max-tokens must be positive, found " + maxTokens);
    }
    try (Session session = options.open(spec.commandLine().getErr(), device);
        TrainedModel model = session.load(run)) {
      TextGeneration.write(model, prompt, maxTokens, sampling, System.out);
    }
    return 0;
  }
}
