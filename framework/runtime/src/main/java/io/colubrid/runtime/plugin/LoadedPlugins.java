package io.colubrid.runtime.plugin;

import java.util.List;

/**
 * What was found.
 *
 * @param registry all that the sound plugins bring
 * @param problems the plugins that were left out, and why
 */
public record LoadedPlugins(LayerRegistry registry, List<PluginProblem> problems) {}
