package io.colubrid.cli;

import io.colubrid.runtime.bench.BenchJson;
import io.colubrid.runtime.bench.BenchReport;
import io.colubrid.runtime.bench.BenchText;
import io.colubrid.runtime.bench.Suite;
import io.colubrid.runtime.session.Session;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures this machine. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures kernels and whole models on a GPU or on the CPU, beside what its measured limits"
          + " allow.",
      "Takes some minutes; bench kernels and bench models measure one kind, and names, or"
          + " beginnings of names, choose: bench gemm train-mamba --device cpu."
    })
final class BenchCommand implements Callable<Integer> {
  private static final String STANDARD_OUT = "-";

  @Mixin private SessionOptions options = new SessionOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description = "kernels, models, or what to measure (default: all).")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--select",
      paramLabel = "NAME",
      description = "Of those, only what begins so; may be given several times.")
  private List<String> selected = new ArrayList<>();

  @Option(
      names = "--device",
      defaultValue = "",
      description = "cpu or cuda:N (default: cuda:0 where there is a GPU, else cpu).")
  private String device = "";

  @Option(
      names = "--json",
      arity = "0..1",
      paramLabel = "FILE",
      fallbackValue = STANDARD_OUT,
      description = "Print JSON in place of the table, or write it to a file as well.")
  private String json = "";

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter out = spec.commandLine().getOut();
    try (Session session = options.open(err)) {
      BenchReport report =
          session.bench(
              device,
              suites(),
              chosen(),
              sentence -> {
                err.println(sentence);
                err.flush();
              });
      out.print(json.equals(STANDARD_OUT) ? BenchJson.of(report) : BenchText.of(report));
      out.flush();
      if (!json.isEmpty() && !json.equals(STANDARD_OUT)) {
        Files.writeString(Path.of(json), BenchJson.of(report));
      }
      return report.failed().isEmpty() ? 0 : 1;
    }
  }

  private List<Suite> suites() {
    List<Suite> named =
        List.of(Suite.values()).stream().filter(suite -> names.contains(suite.toString())).toList();
    return named.isEmpty() ? List.of(Suite.values()) : named;
  }

  private List<String> chosen() {
    List<String> chosen = new ArrayList<>(selected);
    for (String name : names) {
      if (List.of(Suite.values()).stream().noneMatch(suite -> suite.toString().equals(name))) {
        chosen.add(name);
      }
    }
    return chosen;
  }
}
