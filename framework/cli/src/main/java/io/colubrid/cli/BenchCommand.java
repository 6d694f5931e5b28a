package io.colubrid.cli;

import io.colubrid.runtime.bench.BenchJson;
import io.colubrid.runtime.bench.BenchReport;
import io.colubrid.runtime.bench.BenchText;
import io.colubrid.runtime.session.Session;
import java.io.PrintWriter;
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
      "Measures kernels and whole models on this machine, beside what its measured limits allow.",
      "Takes some minutes; names, or beginnings of names, choose: bench gemm train-mamba."
    })
final class BenchCommand implements Callable<Integer> {
  @Mixin private SessionOptions options = new SessionOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NAME", arity = "0..*", description = "What to measure (default: all).")
  private List<String> names = new ArrayList<>();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter out = spec.commandLine().getOut();
    try (Session session = options.open(err)) {
      BenchReport report =
          session.bench(
              names,
              sentence -> {
                err.println(sentence);
                err.flush();
              });
      out.print(json ? BenchJson.of(report) : BenchText.of(report));
      out.flush();
    }
    return 0;
  }
}
