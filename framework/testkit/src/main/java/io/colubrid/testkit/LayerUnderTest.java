package io.colubrid.testkit;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.conformance.LayerSubject;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.model.ModelGraph;
import io.colubrid.runtime.model.ModelGraphBuilder;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.tensor.Device;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.Setting;
import io.colubrid.testkit.trial.Weights;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A layer as a file would name it, with the keys to test it under.
 *
 * <pre>{@code
 * LayerUnderTest.of(new MambaPlugin(), "mamba", "expand = 2, d-state = 4").width(16)
 * }</pre>
 */
public final class LayerUnderTest {
  private static final int WIDTH = 16;
  private static final StreamShape.Grid GRID = new StreamShape.Grid(8, 8);

  private final LayerRegistry registry;
  private final Supplier<LayerRegistry> loader;
  private final String type;
  private final String keys;
  private final int width;
  private final @Nullable Config gridStem;
  private final Setting setting;

  private LayerUnderTest(
      LayerRegistry registry,
      Supplier<LayerRegistry> loader,
      String type,
      String keys,
      int width,
      @Nullable Config gridStem,
      Setting setting) {
    this.registry = registry;
    this.loader = loader;
    this.type = type;
    this.keys = keys;
    this.width = width;
    this.gridStem = gridStem;
    this.setting = setting;
  }

  /**
   * A layer of a plugin, wired by Guice, with the plugin's defaults for keys that are left out.
   *
   * @param type name of the layer
   * @param keys HOCON, such as {@code expand = 2, d-state = 4}
   * @throws IllegalArgumentException if the plugin cannot be loaded, saying why
   */
  public static LayerUnderTest of(LayerPlugin plugin, String type, String keys) {
    return of(() -> PluginLoader.with(plugin), type, keys);
  }

  /** A layer of a plugin with nothing but defaults. */
  public static LayerUnderTest of(LayerPlugin plugin, String type) {
    return of(plugin, type, "");
  }

  /** A layer of the class path's plugins, such as {@code mlp}. */
  public static LayerUnderTest of(String type, String keys) {
    return of(() -> PluginLoader.load(List.of()).registry(), type, keys);
  }

  private static LayerUnderTest of(Supplier<LayerRegistry> loader, String type, String keys) {
    return new LayerUnderTest(loader.get(), loader, type, keys, WIDTH, null, Setting.CPU);
  }

  static LayerUnderTest of(LayerSubject subject) {
    return new LayerUnderTest(
        subject.registry(),
        subject.again(),
        subject.type(),
        subject.keys(),
        subject.width(),
        null,
        Setting.on(subject.device()));
  }

  /** The same layer for a stream of another width; 16 unless said otherwise. */
  public LayerUnderTest width(int features) {
    return new LayerUnderTest(registry, loader, type, keys, features, gridStem, setting);
  }

  /**
   * The same layer on grids of positions, [batch, height, width, channels].
   *
   * @param stem HOCON of a stem that makes a grid, such as {@code type = conv-stem, image { … }},
   *     for models of the layer
   */
  public LayerUnderTest grid(String stem) {
    return new LayerUnderTest(
        registry, loader, type, keys, width, ConfigFactory.parseString(stem), setting);
  }

  /** The same layer on another device than the processor. */
  public LayerUnderTest on(Device device) {
    return new LayerUnderTest(registry, loader, type, keys, width, gridStem, Setting.on(device));
  }

  /** How the layer is run on its device. */
  Setting setting() {
    return setting;
  }

  /** The same layer, loaded, wired and read once more. */
  LayerUnderTest again() {
    return new LayerUnderTest(loader.get(), loader, type, keys, width, gridStem, setting);
  }

  public int width() {
    return width;
  }

  /** The layer and its keys, for people. */
  public String name() {
    return keys.isBlank() ? type : type + " { " + keys + " }";
  }

  /** Makes the layer. */
  public StandaloneLayer build() {
    StreamShape input = new StreamShape(width, gridStem == null ? null : GRID);
    return StandaloneLayer.build(registry, type, keys, input);
  }

  public LayerTraits traits() {
    return build().traits();
  }

  /** The layer with random weights, none of them at its initial value. */
  public LayerTrial trial(long seed, Setting setting) {
    StandaloneLayer layer = build();
    return new LayerTrial(layer, Weights.random(layer.parameters(), seed), setting);
  }

  /** A model of this layer alone between a stem and a language model's head. */
  Model model() {
    Config layer =
        ConfigFactory.parseString(keys).withValue("type", ConfigValueFactory.fromAnyRef(type));
    Config model =
        ConfigFactory.parseMap(
            Map.of(
                "d-model",
                width,
                "stem",
                gridStem == null ? Map.of("type", "embedding") : gridStem.root().unwrapped(),
                "head",
                Map.of("type", "lm-head", "tie", gridStem == null),
                "layers",
                List.of(Map.of("mixer", layer.root().unwrapped()))));
    Problems problems = new Problems();
    ModelGraph graph =
        new ModelGraphBuilder(registry)
            .build(model.root(), ModelGraphBuilder.SECTION, List.of(), problems);
    problems.throwIfAny();
    if (graph == null) {
      throw new IllegalStateException("no model of " + name() + " and no problem says why");
    }
    return ModelBuilder.build(graph);
  }

  @Override
  public String toString() {
    return name();
  }
}
