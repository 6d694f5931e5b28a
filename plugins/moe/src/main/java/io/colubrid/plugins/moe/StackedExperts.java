package io.colubrid.plugins.moe;

import io.colubrid.spi.layer.ExpertChannel;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.tensor.Tensor;

/** Experts with stacked weights, which compute no more rows than were sent to them. */
record StackedExperts(ExpertChannel channel) implements Experts {
  @Override
  public boolean spaced() {
    return false;
  }

  @Override
  public Tensor forward(Tensor rows, ExpertQueues.Result queues, Pass pass) {
    return channel.forward(rows, queues.offsets(), pass);
  }
}
