package io.colubrid.runtime.model;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.runtime.config.Problems;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerSpec;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What gathers while a model is built: parameters by path, and problems by file and line. */
final class Building {
  private final Map<String, ModelParameter> parameters = new LinkedHashMap<>();
  private final Problems problems;
  private final int residualBranches;

  Building(Problems problems, int residualBranches) {
    this.problems = problems;
    this.residualBranches = residualBranches;
  }

  List<ModelParameter> parameters() {
    return List.copyOf(parameters.values());
  }

  BuildContext at(String path, StreamShape input) {
    return new Place(path, input);
  }

  /** Makes what a node configures; null if its factory refuses, which becomes a problem. */
  <T> @Nullable T make(LayerNode node, StreamShape input, Function<BuildContext, T> factory) {
    try {
      return factory.apply(at(node.path(), input));
    } catch (InvalidLayerException refused) {
      problems.add(node.problem(refused));
    } catch (ReportedException reported) {
      // A layer inside this one was refused; its problem is noted already.
    }
    return null;
  }

  @Nullable PlacedLayer layer(LayerNode node, StreamShape input) {
    Layer layer =
        make(node, input, place -> node.layer().layerFactory().create(node.config(), place));
    return layer == null ? null : new PlacedLayer(node.path(), layer);
  }

  /** An inner layer could not be made, and that has been said. */
  private static final class ReportedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private final class Place implements BuildContext {
    private final String path;
    private final StreamShape input;

    Place(String path, StreamShape input) {
      this.path = path;
      this.input = input;
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
    public Parameter parameter(
        String name, Shape shape, Initializer initializer, Parameter.Role role) {
      String full = path + "." + name;
      ModelParameter parameter = new ModelParameter(full, shape, initializer, role);
      if (parameters.putIfAbsent(full, parameter) != null) {
        throw new IllegalStateException("parameter " + full + " was declared twice");
      }
      return parameter;
    }

    @Override
    public Parameter tied(String name, String owner, Shape shape) {
      ModelParameter parameter = parameters.get(owner);
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
      return parameter;
    }

    @Override
    public Layer create(String name, LayerSpec spec, StreamShape shape) {
      LayerNode node = ((LayerNode) spec).at(path + "." + name);
      PlacedLayer layer = layer(node, shape);
      if (layer == null) {
        throw new ReportedException();
      }
      return layer;
    }
  }
}
