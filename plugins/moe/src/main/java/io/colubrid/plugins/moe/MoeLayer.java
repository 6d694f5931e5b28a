package io.colubrid.plugins.moe;

import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A mixture of experts (Shazeer et al., 2017): Σ_i weight_i · expert_i(x) over the experts that the
 * router chose for a position, and what the shared layer makes of it. Where experts have a
 * capacity, training drops what is beyond it; inference drops nothing.
 *
 * @param count how many experts there are
 * @param capacity room of each, as a multiple of an even share
 * @param shared a layer that every position goes through, or null
 */
record MoeLayer(
    int count,
    Router router,
    OptionalDouble capacity,
    Experts experts,
    @Nullable Layer shared,
    RouterLosses losses)
    implements Layer {

  @Override
  public LayerTraits traits() {
    LayerTraits traits = LayerTraits.pointwise();
    return capacity.isEmpty()
        ? traits
        : traits
            .withBatchCoupled()
            .refusing(
                Sequences.Kind.PACKED,
                "with a capacity, documents that share a row would push each other out of the"
                    + " experts; without one they would not");
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    Shape flat = Shape.of(x.shape().rows(), x.dim(-1));
    Tensor rows = ops.reshape(x, flat);
    Tensor segments =
        pass.sequences()
            .segments()
            .map(numbers -> ops.reshape(numbers, Shape.of(flat.dim(0))))
            .orElse(null);
    Route.Result routing = router.route(ops, rows);
    pass.tap("router", routing.logits());
    ExpertQueues.Result queues =
        new ExpertQueues(count, room(flat.dim(0), pass), experts.spaced())
            .apply(ops, routing.choices(), segments);
    report(pass, routing, queues, segments);
    Tensor sent = new Dispatch().apply(ops, rows, queues);
    Tensor made = experts.forward(sent, queues, pass);
    Tensor mixed =
        ops.reshape(new Combine().apply(ops, made, routing.weights(), queues), x.shape());
    return shared == null ? mixed : ops.add(mixed, shared.forward(x, pass));
  }

  /** Slots of each expert for a number of positions, none of which chooses an expert twice. */
  private long room(long positions, Pass pass) {
    if (capacity.isEmpty() || !pass.training()) {
      return positions;
    }
    double even = (double) (positions * router.k()) / count;
    return Math.min(positions, (long) Math.ceil(capacity.getAsDouble() * even));
  }

  private void report(
      Pass pass, Route.Result routing, ExpertQueues.Result queues, @Nullable Tensor segments) {
    Ops ops = pass.ops();
    losses.add(pass, routing, queues.demand(), segments);
    pass.metric("load", RouterLosses.share(ops, queues.demand(), DType.F32));
    if (capacity.isPresent()) {
      Tensor wanted = ops.sumAll(ops.cast(queues.demand(), DType.F32));
      Tensor kept = ops.cast(ops.slice(queues.offsets(), 0, count, count + 1L), DType.F32);
      Tensor dropped = ops.subtract(wanted, ops.reshape(kept, Shape.scalar()));
      pass.metric("dropped", ops.divide(dropped, RouterLosses.atLeastOne(ops, wanted)));
    }
  }
}
