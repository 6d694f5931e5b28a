package io.colubrid.runtime.plugin;

import io.colubrid.runtime.config.KeyDescription;
import io.colubrid.spi.plugin.LayerDefinition;
import java.util.List;

/**
 * A layer as a listing shows it.
 *
 * @param kind whether it is a layer, stem, head or optimizer
 * @param name the {@code type} that selects it
 * @param documentation the comment above it in the plugin's reference.conf
 * @param origin the jar it comes from
 * @param plugin class of the plugin
 * @param keys its keys in order
 */
public record LayerDescription(
    LayerDefinition.Kind kind,
    String name,
    String documentation,
    PluginOrigin origin,
    String plugin,
    List<KeyDescription> keys) {
  /** How it is called in messages, such as {@code layer 'mamba'}. */
  public String title() {
    return LayerRegistry.title(kind, name);
  }
}
