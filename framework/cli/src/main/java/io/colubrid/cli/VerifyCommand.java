package io.colubrid.cli;

import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.verify.Arrangement;
import io.colubrid.runtime.verify.Tolerance;
import io.colubrid.runtime.verify.VerificationReport;
import io.colubrid.runtime.verify.VerificationTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares our computation of a checkpoint with its origin's. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Loads a checkpoint of somebody else and compares what it computes here with what it computed"
          + " there.",
      "The folder holds config.json, model.safetensors or pytorch_model.bin, and"
          + " reference.safetensors (input_ids, or images and labels; logits, loss, and the hidden"
          + " states embedding, block.I and final_norm), and perhaps"
          + " gradients.safetensors (by the names of the checkpoint) and generation.safetensors"
          + " (prompt, and tokens with its greedy continuation)."
    },
    footer = {"", "Exit code 0: all agrees. 1: something does not. 2: it cannot be compared."})
final class VerifyCommand implements Callable<Integer> {
  private static final int DISAGREES = 1;

  @Mixin private SessionOptions options = new SessionOptions();
  @Mixin private DeviceOption device = new DeviceOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The checkpoint's folder.")
  private Path folder = Path.of("");

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      defaultValue = "1e-5",
      description =
          "Largest relative error of logits, loss and hidden states; gradients may have ten times"
              + " as much. Default: ${DEFAULT-VALUE}.")
  private double tolerance;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "f32",
      description =
          "f32 or bf16 (default: ${DEFAULT-VALUE}), in which 0.05 is a fitting tolerance and greedy"
              + " tokens are not compared.")
  private String precision = "f32";

  @Override
  public Integer call() throws IOException {
    if (!(tolerance > 0)) {
      throw new ParameterException(
          spec.commandLine(), "--tolerance: expected a number above 0, found " + tolerance);
    }
    PrintWriter out = spec.commandLine().getOut();
    try (Session session = options.open(spec.commandLine().getErr(), device)) {
      VerificationReport report = session.verify(folder, Tolerance.of(tolerance), arrangement());
      out.print(new VerificationTable(report).render());
      out.flush();
      return report.passes() ? 0 : DISAGREES;
    }
  }

  private Arrangement arrangement() {
    return switch (precision) {
      case "f32" -> Arrangement.F32;
      case "bf16" -> Arrangement.BF16;
      default ->
          throw new ParameterException(
              spec.commandLine(), "--precision: expected f32 or bf16, found " + precision);
    };
  }
}
