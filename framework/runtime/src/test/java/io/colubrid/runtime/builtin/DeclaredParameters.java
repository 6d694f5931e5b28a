package io.colubrid.runtime.builtin;

import io.colubrid.engine.parameter.ModelParameter;
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

/** Takes down what a layer of a given width declares. */
final class DeclaredParameters implements BuildContext {
  private final Map<String, ModelParameter> declared = new LinkedHashMap<>();
  private final String path;
  private final long width;
  private final int branches;

  DeclaredParameters(String path, long width) {
    this(path, width, 1);
  }

  DeclaredParameters(String path, long width, int branches) {
    this.path = path;
    this.width = width;
    this.branches = branches;
  }

  /** A further part of the same model. */
  DeclaredParameters at(String other) {
    DeclaredParameters part = new DeclaredParameters(other, width, branches);
    part.declared.putAll(declared);
    return part;
  }

  List<ModelParameter> all() {
    return List.copyOf(declared.values());
  }

  ModelParameter named(String name) {
    return declared.get(name);
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public StreamShape input() {
    return StreamShape.sequence(width);
  }

  @Override
  public int residualBranches() {
    return branches;
  }

  @Override
  public Parameter parameter(
      String name, Shape shape, Initializer initializer, Parameter.Role role) {
    String full = path + "." + name;
    ModelParameter parameter = new ModelParameter(full, shape, initializer, role);
    declared.put(full, parameter);
    return parameter;
  }

  @Override
  public Parameter tied(String name, String owner, Shape shape) {
    ModelParameter parameter = declared.get(owner);
    if (parameter == null || !parameter.shape().equals(shape)) {
      String found = parameter == null ? "nothing" : parameter.shape().toString();
      throw new InvalidLayerException("weight", owner + " should be " + shape + ", found " + found);
    }
    parameter.addAlias(path + "." + name);
    return parameter;
  }

  @Override
  public Layer create(String name, LayerSpec spec, StreamShape input) {
    throw new UnsupportedOperationException("no layers inside here");
  }

  @Override
  public Layer createShared(String name, LayerSpec spec, StreamShape input, String sharing) {
    throw new UnsupportedOperationException("no layers inside here");
  }
}
