package io.colubrid.runtime.training;

/** Places in the F32 [4] that {@link io.colubrid.spi.train.ParameterUpdate#control} hands out. */
public final class UpdateControl {
  /** The learning rate of this step. */
  public static final int LEARNING_RATE = 0;

  /** The number of this update, from 1. */
  public static final int UPDATE = 1;

  /** What gradients are multiplied by, so that they are averaged and clipped. */
  public static final int FACTOR = 2;

  /** 1, or 0 when nothing may change. */
  public static final int PROCEED = 3;

  public static final int SIZE = 4;

  private UpdateControl() {}
}
