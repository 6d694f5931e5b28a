package io.colubrid.runtime.builtin;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.train.Optimizer;
import io.colubrid.spi.train.ParameterUpdate;
import java.util.List;

/**
 * Stochastic gradient descent with momentum: one {@link SgdStep} for all parameters treated alike.
 */
record Sgd(SgdConfig config) implements Optimizer {
  private static final String DIRECTION = "momentum_buffer";

  @Override
  public List<String> slots() {
    return List.of(DIRECTION);
  }

  @Override
  public boolean elementwise() {
    return true;
  }

  @Override
  public void update(ParameterUpdate update, Ops ops) {
    double decay = update.decays() ? config.weightDecay() : 0;
    ops.apply(
        new SgdStep(config.momentum(), decay),
        update.value(),
        update.gradient(),
        update.slot(DIRECTION),
        update.control());
  }
}
