package io.colubrid.engine.parameter;

import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** A parameter as a layer declared it. It has no storage: the engine gives it some. */
public final class ModelParameter implements Parameter {
  private final String path;
  private final Shape shape;
  private final Initializer initializer;
  private final Role role;
  private final double activeShare;
  private final List<String> aliases = new ArrayList<>();

  public ModelParameter(String path, Shape shape, Initializer initializer, Role role) {
    this(path, shape, initializer, role, 1);
  }

  /**
   * @param activeShare share of the elements that a position uses
   */
  public ModelParameter(
      String path, Shape shape, Initializer initializer, Role role, double activeShare) {
    this.path = path;
    this.shape = shape;
    this.initializer = initializer;
    this.role = role;
    this.activeShare = activeShare;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public Parameter rows(long from, long to) {
    return new ParameterRows(this, from, to);
  }

  public Initializer initializer() {
    return initializer;
  }

  public Role role() {
    return role;
  }

  /** How many elements a position uses: all, or those of the experts that a router chooses. */
  public double activeElements() {
    return activeShare * shape.elements();
  }

  /** Further paths under which the model knows this parameter. */
  public List<String> aliases() {
    return List.copyOf(aliases);
  }

  /** Records a further path; called while the model is built, never after. */
  public void addAlias(String alias) {
    aliases.add(alias);
  }

  @Override
  public String toString() {
    return path + shape;
  }
}
