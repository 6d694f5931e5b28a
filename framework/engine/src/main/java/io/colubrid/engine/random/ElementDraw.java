package io.colubrid.engine.random;

import io.colubrid.spi.layer.Initializer;

/**
 * The random numbers of one element of one parameter. Moved from element to element, one a thread.
 */
public final class ElementDraw implements Initializer.Draw {
  private final long seed;
  private final int stream;
  private final int[] block = new int[4];
  private long index;
  private int drawn;

  /**
   * @param seed the run's seed
   * @param stream key of the parameter
   */
  public ElementDraw(long seed, int stream) {
    this.seed = seed;
    this.stream = stream;
  }

  /** Starts the numbers of another element. */
  public void moveTo(long element) {
    index = element;
    drawn = 0;
  }

  @Override
  public double uniform() {
    next();
    long bits =
        (Integer.toUnsignedLong(block[0]) << 21) ^ (Integer.toUnsignedLong(block[1]) >>> 11);
    return bits * 0x1p-53;
  }

  @Override
  public double normal() {
    next();
    double radius = (Integer.toUnsignedLong(block[0]) + 1) * 0x1p-32;
    double angle = Integer.toUnsignedLong(block[1]) * 0x1p-32 * 2 * Math.PI;
    return Math.sqrt(-2 * Math.log(radius)) * Math.cos(angle);
  }

  private void next() {
    block[0] = (int) index;
    block[1] = (int) (index >>> 32);
    block[2] = drawn++;
    block[3] = stream;
    Philox.block(block, seed);
  }
}
