package io.colubrid.runtime.plugin;

import com.typesafe.config.ConfigObject;
import io.colubrid.runtime.config.KeyDescription;
import io.colubrid.spi.layer.HeadFactory;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.StemFactory;
import io.colubrid.spi.plugin.LayerDefinition;
import io.colubrid.spi.train.OptimizerFactory;

/**
 * A layer, stem, head or optimizer that a plugin brought.
 *
 * @param definition its name, kind and config record
 * @param origin the plugin's jar
 * @param plugin name of the plugin's class
 * @param defaults a value or null for each key, with its documentation as comment
 * @param factory made by the plugin's injector
 */
public record RegisteredLayer(
    LayerDefinition definition,
    PluginOrigin origin,
    String plugin,
    ConfigObject defaults,
    Object factory) {

  public String name() {
    return definition.name();
  }

  /** How it is called in messages, such as {@code layer 'mamba'}. */
  public String title() {
    return LayerRegistry.title(definition.kind(), name());
  }

  // A factory's type parameter is the record that the plugin bound it with; nothing checks it
  // before.
  @SuppressWarnings("unchecked")
  public LayerFactory<Record> layerFactory() {
    return (LayerFactory<Record>) factory;
  }

  @SuppressWarnings("unchecked")
  public StemFactory<Record> stemFactory() {
    return (StemFactory<Record>) factory;
  }

  @SuppressWarnings("unchecked")
  public HeadFactory<Record> headFactory() {
    return (HeadFactory<Record>) factory;
  }

  @SuppressWarnings("unchecked")
  public OptimizerFactory<Record> optimizerFactory() {
    return (OptimizerFactory<Record>) factory;
  }

  /** What a composer needs to know of it. */
  public LayerDescription describe() {
    return new LayerDescription(
        definition.kind(),
        name(),
        KeyDescription.documentation(defaults),
        origin,
        plugin,
        KeyDescription.of(definition.config(), defaults));
  }
}
