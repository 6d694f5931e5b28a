package io.colubrid.cli;

import io.colubrid.runtime.plan.ModelPlan;
import io.colubrid.runtime.plan.PlanJson;
import io.colubrid.runtime.plan.PlanText;
import io.colubrid.runtime.session.Session;
import java.io.PrintWriter;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells what a model costs, without allocating it. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Tells parameters, FLOPs and bytes of a model before anything is allocated;",
      "of every model, for a file with a compare section."
    })
final class PlanCommand implements Callable<Integer> {
  @Mixin private SessionOptions options = new SessionOptions();
  @Mixin private DeviceOption device = new DeviceOption();
  @Mixin private FileOptions config = new FileOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Session session = options.open(spec.commandLine().getErr(), device)) {
      out.print(session.isComparison(config.file(), config.sets()) ? all(session) : one(session));
      out.flush();
    }
    return 0;
  }

  private String one(Session session) {
    ModelPlan plan = session.plan(session.read(config.file(), config.sets()));
    return json ? PlanJson.of(plan) : PlanText.of(plan);
  }

  private String all(Session session) {
    SequencedMap<String, ModelPlan> plans =
        session.plans(session.readComparison(config.file(), config.sets()));
    return json ? PlanJson.of(plans) : PlanText.of(plans);
  }
}
