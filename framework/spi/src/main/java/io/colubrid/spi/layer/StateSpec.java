package io.colubrid.spi.layer;

import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;

/**
 * What a layer carries from one pass to the next, for each sequence. The runtime gives it storage
 * and copies, forks, reorders, saves and counts it for all layers alike.
 *
 * @param name unique within the layer
 * @param kind how it grows
 * @param shape shape for one sequence (FIXED, WINDOW), or of one token's row (GROWING)
 * @param dtype element type
 */
public record StateSpec(String name, Kind kind, Shape shape, DType dtype) {
  /** How a state grows with its sequence. */
  public enum Kind {
    /** [slots, shape...], whatever the length: an SSM's state. */
    FIXED,
    /** [slots, shape...], the last few inputs: a convolution's tail. */
    WINDOW,
    /** [slots, capacity, shape...], one row a token: a KV cache. */
    GROWING
  }

  public static StateSpec fixed(String name, long... shape) {
    return fixed(DType.F32, name, shape);
  }

  public static StateSpec fixed(DType dtype, String name, long... shape) {
    return new StateSpec(name, Kind.FIXED, Shape.of(shape), dtype);
  }

  public static StateSpec window(String name, long... shape) {
    return new StateSpec(name, Kind.WINDOW, Shape.of(shape), DType.F32);
  }

  public static StateSpec growing(String name, long... rowShape) {
    return new StateSpec(name, Kind.GROWING, Shape.of(rowShape), DType.F32);
  }

  /** Shape of the storage for a number of sequences of at most {@code capacity} tokens. */
  public Shape storage(long slots, long capacity) {
    Shape sequence = kind == Kind.GROWING ? shape.insert(0, capacity) : shape;
    return sequence.insert(0, slots);
  }

  /** Bytes the state of one sequence of {@code length} tokens takes. */
  public long bytes(long length) {
    long rows = kind == Kind.GROWING ? length : 1;
    return rows * shape.elements() * dtype.bytes();
  }
}
