package io.colubrid.runtime.model;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.runtime.config.Problems;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.ExpertChannel;
import io.colubrid.spi.layer.ExpertChannelFactory;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerSpec;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What gathers while a model is built: parameters by path, and problems by file and line. */
final class Building {
  private final Map<String, ModelParameter> parameters = new LinkedHashMap<>();
  private final Map<String, ModelParameter> aliases = new HashMap<>();
  private final Map<String, SharedLayer> shared = new HashMap<>();
  private final Problems problems;
  private final int residualBranches;
  private final DType stateType;

  Building(Problems problems, int residualBranches, DType stateType) {
    this.problems = problems;
    this.residualBranches = residualBranches;
    this.stateType = stateType;
  }

  List<ModelParameter> parameters() {
    return List.copyOf(parameters.values());
  }

  BuildContext at(String path, StreamShape input) {
    return new Place(path, input, null, 1, new ArrayList<>());
  }

  /** Makes what a node configures; null if its factory refuses, which becomes a problem. */
  <T> @Nullable T make(LayerNode node, StreamShape input, Function<BuildContext, T> factory) {
    return make(node, at(node.path(), input), factory);
  }

  private <T> @Nullable T make(
      LayerNode node, BuildContext place, Function<BuildContext, T> factory) {
    try {
      return factory.apply(place);
    } catch (InvalidLayerException refused) {
      problems.add(node.problem(refused));
    } catch (ReportedException reported) {
      // A layer inside this one was refused; its problem is noted already.
    }
    return null;
  }

  @Nullable PlacedLayer layer(LayerNode node, StreamShape input) {
    return layer(node, new Place(node.path(), input, null, 1, new ArrayList<>()));
  }

  private @Nullable PlacedLayer layer(LayerNode node, Place place) {
    Layer layer =
        make(node, place, here -> node.layer().layerFactory().create(node.config(), here));
    if (layer == null) {
      return null;
    }
    if (place.input.grid() != null && !layer.takesGrid()) {
      problems.add(
          node.source().origin(),
          node.place(),
          "'%s' takes a sequence of positions, but %s reaches it"
              .formatted(node.type(), place.input));
      return null;
    }
    return new PlacedLayer(node, layer, place.inner);
  }

  /** An inner layer could not be made, and that has been said. */
  private static final class ReportedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Where a layer is made. */
  private final class Place implements BuildContext {
    private final String path;
    private final StreamShape input;
    private final @Nullable String weights;
    private final double activeShare;
    private final List<PlacedLayer> inner;

    /**
     * @param weights path of the layer whose parameters are used here; null for ones of its own
     * @param activeShare share of the parameters that a position uses
     * @param inner gathers the layers that are made inside
     */
    Place(
        String path,
        StreamShape input,
        @Nullable String weights,
        double activeShare,
        List<PlacedLayer> inner) {
      this.path = path;
      this.input = input;
      this.weights = weights;
      this.activeShare = activeShare;
      this.inner = inner;
    }

    private Place inside(LayerNode node, StreamShape shape, @Nullable String shared) {
      return new Place(node.path(), shape, shared, activeShare, new ArrayList<>());
    }

    @Override
    public String path() {
      return path;
    }

    @Override
    public StreamShape input() {
      return input;
    }

    @Override
    public int residualBranches() {
      return residualBranches;
    }

    @Override
    public DType stateType() {
      return stateType;
    }

    @Override
    public Parameter parameter(
        String name, Shape shape, Initializer initializer, Parameter.Role role) {
      String full = path + "." + name;
      if (parameters.containsKey(full) || aliases.containsKey(full)) {
        throw new IllegalStateException("parameter " + full + " was declared twice");
      }
      if (weights != null) {
        return tied(name, weights + "." + name, shape);
      }
      ModelParameter parameter = new ModelParameter(full, shape, initializer, role, activeShare);
      parameters.put(full, parameter);
      return parameter;
    }

    @Override
    public Parameter tied(String name, String owner, Shape shape) {
      ModelParameter parameter = parameters.getOrDefault(owner, aliases.get(owner));
      if (parameter == null) {
        throw new InvalidLayerException(
            "tie", "there is no parameter '" + owner + "' to tie '" + name + "' to");
      }
      if (!parameter.shape().equals(shape)) {
        throw new InvalidLayerException(
            "tie",
            "'%s' needs shape %s, but the tied '%s' has %s; make them equal or set tie = false"
                .formatted(name, shape, owner, parameter.shape()));
      }
      parameter.addAlias(path + "." + name);
      aliases.put(path + "." + name, parameter);
      return parameter;
    }

    @Override
    public Layer create(String name, LayerSpec spec, StreamShape shape) {
      LayerNode node = node(name, spec);
      return inner(node, inside(node, shape, within(name)));
    }

    @Override
    public Layer createShared(String name, LayerSpec spec, StreamShape shape, String sharing) {
      LayerNode node = node(name, spec);
      SharedLayer first = shared.get(sharing);
      if (first == null) {
        first = new SharedLayer(sharing, node, shape);
        shared.put(sharing, first);
        PlacedLayer layer = inner(node, inside(node, shape, within(name)));
        first.made();
        return layer;
      }
      first.requireEqual(name, node, shape);
      if (!first.isMade()) {
        throw new ReportedException();
      }
      return inner(node, inside(node, shape, first.path()));
    }

    private LayerNode node(String name, LayerSpec spec) {
      return ((LayerNode) spec).at(path + "." + name);
    }

    private @Nullable String within(String name) {
      return weights == null ? null : weights + "." + name;
    }

    private PlacedLayer inner(LayerNode node, Place place) {
      PlacedLayer layer = reported(layer(node, place));
      inner.add(layer);
      return layer;
    }

    @Override
    public Optional<ExpertChannel> experts(String name, LayerSpec spec, int count) {
      LayerNode node = node(name, spec);
      if (!(node.layer().layerFactory() instanceof ExpertChannelFactory<Record> factory)) {
        return Optional.empty();
      }
      return Optional.of(
          reported(
              make(
                  node,
                  inside(node, input, within(name)),
                  place -> factory.createExperts(node.config(), place, count))));
    }

    private static <T> T reported(@Nullable T made) {
      if (made == null) {
        throw new ReportedException();
      }
      return made;
    }

    @Override
    public BuildContext usedInPart(double share) {
      return new Place(path, input, weights, activeShare * share, inner);
    }
  }
}
