package io.colubrid.testkit;

import io.colubrid.engine.tape.FlopCount;
import io.colubrid.engine.tape.Node;
import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.testkit.trial.LayerPass;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.Rows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A plan counts the layer's FLOPs, and the count grows with what is computed. */
final class FlopsCounted implements Property {
  private static final int LENGTH = 32;

  @Override
  public String name() {
    return "flops-counted";
  }

  @Override
  public String claim() {
    return "a plan counts about as many flops as there are products, twice as many for two rows";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    String mismatch = mismatch(layer);
    return mismatch == null ? Outcome.passed() : Outcome.failed(mismatch);
  }

  private static @Nullable String mismatch(LayerUnderTest layer) {
    long once = forward(layer, 1, LENGTH);
    boolean products =
        layer.build().parameters().stream().anyMatch(p -> p.role() == Parameter.Role.MATRIX);
    if (once < 0 || (products && once == 0)) {
      return "%d flops are counted for %d positions of a layer with matrices"
          .formatted(once, LENGTH);
    }
    long rows = forward(layer, 2, LENGTH);
    if (rows != 2 * once && !layer.traits().batchCoupled()) {
      return "one row of %d positions counts %d flops, but two such rows %d"
          .formatted(LENGTH, once, rows);
    }
    long longer = forward(layer, 1, 2 * LENGTH);
    if (once > 0 && longer <= once) {
      return "%d positions count %d flops, but %d positions %d"
          .formatted(LENGTH, once, 2 * LENGTH, longer);
    }
    long backward = count(layer, 1, LENGTH, true) - once;
    return once > 0 && backward < once
        ? "a backward pass counts %d flops, less than the forward pass, %d"
            .formatted(backward, once)
        : OwnProducts.mismatch(layer);
  }

  private static long forward(LayerUnderTest layer, int batch, int length) {
    return count(layer, batch, length, false);
  }

  private static long count(LayerUnderTest layer, int batch, int length, boolean backward) {
    Rows rows = Rows.dense(batch, length, layer.width(), new double[0]);
    try (LayerTrial plan = LayerTrial.plan(layer.build(), layer.setting())) {
      LayerPass pass = backward ? plan.differentiatedPass(rows) : plan.pass(rows);
      List<Node> nodes = pass.program().nodes();
      return nodes.stream().mapToLong(FlopCount::of).sum();
    }
  }
}
