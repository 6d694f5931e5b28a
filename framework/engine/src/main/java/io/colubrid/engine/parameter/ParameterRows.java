package io.colubrid.engine.parameter;

import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;

/**
 * Some rows of a parameter.
 *
 * @param base the whole parameter
 * @param from first row
 * @param to row behind the last
 */
public record ParameterRows(ModelParameter base, long from, long to) implements Parameter {
  public ParameterRows {
    if (from < 0 || from > to || to > base.shape().dim(0)) {
      throw new IllegalArgumentException("no rows " + from + " to " + to + " in " + base);
    }
  }

  @Override
  public String path() {
    return base.path() + "[" + from + ":" + to + "]";
  }

  @Override
  public Shape shape() {
    return base.shape().with(0, to - from);
  }

  @Override
  public Parameter rows(long first, long last) {
    return new ParameterRows(base, from + first, from + last);
  }

  /** Elements of the base before the first of these rows. */
  public long offset() {
    return from * base.shape().product(1, base.shape().rank());
  }
}
