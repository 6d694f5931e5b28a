package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A plan is of one model, or of every model that a file compares. */
final class PlanCommandTest {
  @TempDir private Path folder;

  @Test
  void plansOneModel() throws IOException {
    Path file = SmallRun.HYBRID.write(folder, 10);

    assertThat(plan(file)).startsWith("layer ").contains("2 × mamba").contains("2 × attention");
    assertThat(plan(file, "--json")).contains("\"activeParameters\"").doesNotContain("\"models\"");
  }

  @Test
  void plansEveryModelOfAComparison() throws IOException {
    Path file = SmallRun.HYBRID.write(folder, 10);
    Files.writeString(
        file,
        "compare { models { big { d-model = 32 }, small { layers = [ m ] } } }",
        StandardOpenOption.APPEND);

    assertThat(plan(file)).startsWith("big\n").contains("\nsmall\n");
    assertThat(plan(file, "--json")).contains("\"models\"", "\"big\"", "\"small\"");
  }

  private static String plan(Path file, String... options) {
    StringWriter out = new StringWriter();
    CommandLine command = Colubrid.commandLine().setOut(new PrintWriter(out));
    String[] arguments = new String[options.length + 2];
    arguments[0] = "plan";
    arguments[1] = file.toString();
    System.arraycopy(options, 0, arguments, 2, options.length);
    assertThat(command.execute(arguments)).isZero();
    return out.toString();
  }
}
