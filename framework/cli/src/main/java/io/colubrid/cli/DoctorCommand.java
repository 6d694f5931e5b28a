package io.colubrid.cli;

import io.colubrid.runtime.session.Session;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Tells what of this machine can be used. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Tells what this machine has of what Colubrid can use: JDK, CPU, BLAS, plugins, NVIDIA's"
          + " driver, GPUs, cuBLAS and kernels.",
      "Says of everything that is missing what to do; no GPU is needed."
    })
final class DoctorCommand implements Callable<Integer> {
  @Mixin private SessionOptions options = new SessionOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Session session = options.open(spec.commandLine().getErr())) {
      out.print(session.diagnose().text());
      out.flush();
    }
    return 0;
  }
}
