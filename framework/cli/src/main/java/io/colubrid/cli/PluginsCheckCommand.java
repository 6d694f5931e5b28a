package io.colubrid.cli;

import io.colubrid.runtime.conformance.CheckJson;
import io.colubrid.runtime.conformance.CheckText;
import io.colubrid.runtime.conformance.CheckedLayer;
import io.colubrid.runtime.conformance.PluginCheck;
import io.colubrid.runtime.conformance.PropertyResult;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks the layers of a plugin. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Checks whether the layers of a plugin keep what models rely on: gradients are right, nothing"
          + " leaks, a step equals the sequence, equal seeds give equal bits.",
      "What fails is told at the smallest sizes found to show it."
    },
    footer = {"", "Exit code 0: nothing failed. 1: something did. 2: it cannot be checked."})
final class PluginsCheckCommand implements Callable<Integer> {
  private static final int FAILED = 1;

  @Mixin private SessionOptions options = new SessionOptions();
  @Mixin private DeviceOption device = new DeviceOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "JAR", description = "The plugin's jar, or the folder with its jars.")
  private Path plugin = Path.of("");

  @Option(names = "--layer", paramLabel = "NAME", description = "Only this layer (default: all).")
  private @Nullable String layer;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = {
        "Checks under another value of a key, such as heads=4; may be given several times.",
        "A layer inside the layer is set as inner.type=mlp."
      })
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--width",
      paramLabel = "N",
      defaultValue = "16",
      description = "Features of the stream (default: ${DEFAULT-VALUE}).")
  private int width;

  @Option(
      names = "--property",
      paramLabel = "NAME",
      description = "Only this property (default: all); may be given several times.")
  private List<String> properties = new ArrayList<>();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    requireSense();
    PluginCheck check = PluginCheck.of(plugin, options.directories(), device.name());
    options.tell(check.problems(), spec.commandLine().getErr());
    List<String> names = layer != null ? List.of(layer) : check.layers();
    requireOneForKeys(check);
    PrintWriter out = spec.commandLine().getOut();
    List<CheckedLayer> checked = names.stream().map(name -> checked(check, name, out)).toList();
    if (json) {
      out.print(CheckJson.of(checked, check.others()));
    } else {
      check.others().forEach(other -> out.println("not checked, since it is no layer: " + other));
    }
    out.flush();
    return checked.stream().allMatch(CheckedLayer::conforms) ? 0 : FAILED;
  }

  private CheckedLayer checked(PluginCheck check, String name, PrintWriter out) {
    List<PropertyResult> results = new ArrayList<>();
    PrintWriter table = json ? new PrintWriter(PrintWriter.nullWriter()) : out;
    check
        .check(name, check.properties(properties), sets, width)
        .forEachOrdered(
            result -> {
              if (results.isEmpty()) {
                table.print(CheckText.title(name, width, sets));
              }
              results.add(result);
              table.print(CheckText.of(result));
              table.flush();
            });
    CheckedLayer checked = new CheckedLayer(name, width, sets, results);
    table.print(CheckText.verdict(checked));
    return checked;
  }

  private void requireSense() {
    if (width < 1) {
      throw bad("--width: expected a positive number, found " + width);
    }
    for (String set : sets) {
      if (set.indexOf('=') < 1) {
        throw bad("--set " + set + ": expected key=value, such as heads=4");
      }
    }
  }

  private void requireOneForKeys(PluginCheck check) {
    if (check.layers().isEmpty()) {
      throw new IllegalArgumentException(
          "%s brings no layer, only %s; layers alone can be checked"
              .formatted(plugin, String.join(", ", check.others())));
    }
    if (!sets.isEmpty() && layer == null && check.layers().size() > 1) {
      throw bad(
          "--set needs --layer, since there are several: " + String.join(", ", check.layers()));
    }
  }

  private ParameterException bad(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }
}
