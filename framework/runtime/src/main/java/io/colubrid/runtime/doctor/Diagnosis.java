package io.colubrid.runtime.doctor;

import io.colubrid.runtime.plugin.LoadedPlugins;
import java.util.ArrayList;
import java.util.List;

/**
 * What was found on this machine.
 *
 * @param findings in the order in which they are told
 * @param verdict what can be computed on, in a sentence
 */
public record Diagnosis(List<Finding> findings, String verdict) {

  /** Looks at everything. Without a driver it loads no class that needs one. */
  public static Diagnosis run(String version, LoadedPlugins plugins) {
    List<Finding> findings = new ArrayList<>();
    findings.add(Finding.of("colubrid", version));
    findings.addAll(MachineFindings.all());
    findings.addAll(PluginFindings.of(plugins));
    List<KernelFile> kernels = KernelFile.all(plugins.registry());
    GpuFindings gpu = GpuFindings.look(kernels);
    findings.addAll(gpu.findings());
    return new Diagnosis(List.copyOf(findings), gpu.verdict());
  }

  /** As lines for people. */
  public String text() {
    StringBuilder text = new StringBuilder();
    String topic = "";
    for (Finding finding : findings) {
      String title = finding.topic().equals(topic) ? "" : finding.topic();
      topic = finding.topic();
      text.append("%-14s %s%n".formatted(title, finding.found()));
      if (!finding.isFine()) {
        text.append("%-14s → %s%n".formatted("", finding.advice()));
      }
    }
    return text.append('\n').append(verdict).append('\n').toString();
  }
}
