package io.colubrid.runtime.builtin;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.train.Optimizer;
import io.colubrid.spi.train.ParameterUpdate;
import java.util.List;

/** Adam with decoupled weight decay: one {@link AdamWStep} for all parameters treated alike. */
record AdamW(AdamWConfig config) implements Optimizer {
  private static final String MEAN = "exp_avg";
  private static final String MEAN_SQUARE = "exp_avg_sq";

  @Override
  public List<String> slots() {
    return List.of(MEAN, MEAN_SQUARE);
  }

  @Override
  public boolean elementwise() {
    return true;
  }

  @Override
  public void update(ParameterUpdate update, Ops ops) {
    double decay = update.decays() ? config.weightDecay() : 0;
    ops.apply(
        new AdamWStep(config.beta1(), config.beta2(), config.epsilon(), decay),
        update.value(),
        update.gradient(),
        update.slot(MEAN),
        update.slot(MEAN_SQUARE),
        update.control(),
        update.copy());
  }
}
