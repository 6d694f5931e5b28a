package io.colubrid.runtime.model;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValueFactory;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One mixer or channel layer without a model around it, read and made as a model's layers are: for
 * tests and measurements of a layer alone.
 */
public final class StandaloneLayer {
  /** Path of the layer; its parameters and states bear it. */
  public static final String PATH = BlockNode.path(0) + ".mixer";

  private final PlacedLayer layer;
  private final StreamShape input;
  private final List<ModelParameter> parameters;

  private StandaloneLayer(PlacedLayer layer, StreamShape input, List<ModelParameter> parameters) {
    this.layer = layer;
    this.input = input;
    this.parameters = parameters;
  }

  /**
   * Makes a layer.
   *
   * @param type name of the layer in the registry
   * @param keys what a file would hold beside the type, such as {@code heads = 4, bias = true}
   * @param input shape of the stream that reaches it
   * @throws io.colubrid.runtime.config.ConfigProblemsException if the keys are wrong, or its
   *     factory refuses them
   */
  public static StandaloneLayer build(
      LayerRegistry registry, String type, String keys, StreamShape input) {
    return build(registry, type, keys, input, DType.F32);
  }

  /** The same, with states of the given type where the layer heeds it. */
  public static StandaloneLayer build(
      LayerRegistry registry, String type, String keys, StreamShape input, DType stateType) {
    Problems problems = new Problems();
    ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription("keys");
    LayerNode node =
        new NodeReader(registry)
            .read(
                StandaloneLayer.class,
                ConfigFactory.parseString(keys, options)
                    .root()
                    .withValue("type", ConfigValueFactory.fromAnyRef(type)),
                null,
                PATH,
                problems);
    problems.throwIfAny();
    Building building = new Building(problems, 1, stateType);
    PlacedLayer layer = node == null ? null : building.layer(node, input);
    problems.throwIfAny();
    if (layer == null) {
      throw new IllegalStateException("layer '" + type + "' is missing and no problem says why");
    }
    return new StandaloneLayer(layer, input, building.parameters());
  }

  /**
   * Records the layer; x and the result are [batch, length, width], or grids. What the layer throws
   * is thrown as it is; a layer inside it is named.
   */
  public Tensor forward(Tensor x, ModelPass pass) {
    try {
      return layer.forward(x, pass);
    } catch (LayerFailedException failed) {
      boolean own = failed.path().equals(PATH);
      throw own && failed.getCause() instanceof RuntimeException thrown ? thrown : failed;
    }
  }

  public StreamShape input() {
    return input;
  }

  /** Shape that the layer declares for what it returns. */
  public StreamShape output() {
    return layer.output(input);
  }

  public LayerTraits traits() {
    return layer.traits();
  }

  /** All parameters, each once, in the order in which they were made. */
  public List<ModelParameter> parameters() {
    return parameters;
  }

  /** What the layer and those inside it carry from pass to pass, by their paths. */
  public Map<String, List<StateSpec>> states() {
    Map<String, List<StateSpec>> states = new LinkedHashMap<>();
    layer.addStates(states);
    return states;
  }
}
