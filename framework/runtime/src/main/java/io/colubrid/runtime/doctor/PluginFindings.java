package io.colubrid.runtime.doctor;

import io.colubrid.runtime.plugin.LayerDescription;
import io.colubrid.runtime.plugin.LoadedPlugins;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The plugins, and which of them could not be loaded. */
final class PluginFindings {
  private static final String TOPIC = "plugins";

  private PluginFindings() {}

  static List<Finding> of(LoadedPlugins plugins) {
    List<Finding> findings = new ArrayList<>();
    Map<String, List<LayerDescription>> byOrigin =
        plugins.registry().describe().stream()
            .collect(
                Collectors.groupingBy(
                    each -> each.origin().toString(), TreeMap::new, Collectors.toList()));
    byOrigin.forEach(
        (origin, brings) ->
            findings.add(
                Finding.of(
                    TOPIC,
                    origin
                        + ": "
                        + brings.stream()
                            .map(LayerDescription::name)
                            .distinct()
                            .collect(Collectors.joining(", ")))));
    plugins
        .problems()
        .forEach(
            problem ->
                findings.add(
                    new Finding(
                        TOPIC,
                        "left out: " + problem,
                        "rebuild it against this version, or take it out of the folder")));
    return findings;
  }
}
