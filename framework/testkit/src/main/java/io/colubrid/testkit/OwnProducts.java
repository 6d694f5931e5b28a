package io.colubrid.testkit;

import io.colubrid.engine.tape.FlopCount;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.spi.op.Binary;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Setting;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds what a layer's own operations count against the products in their definitions. A body may
 * well compute in another way, so that only gross errors can be told: at few positions, where the
 * ways differ least, it does at most a few times as much, and not much less unless it leaves out
 * most of the parts, as experts do.
 */
final class OwnProducts {
  private static final int LENGTH = 4;
  private static final double MOST = 4;
  private static final double LEAST = 1.0 / 64;

  private OwnProducts() {}

  /** What is wrong, or null. */
  static @Nullable String mismatch(LayerUnderTest layer) {
    List<Node> bodies = nodes(layer, layer.setting());
    long counted = bodies.stream().filter(OwnProducts::isOwn).mapToLong(FlopCount::of).sum();
    long vocabulary =
        bodies.stream().filter(node -> !isOwn(node)).mapToLong(OwnProducts::products).sum();
    long defined =
        nodes(layer, Setting.REFERENCE).stream().mapToLong(OwnProducts::products).sum()
            - vocabulary;
    boolean wrong = counted > MOST * defined || counted < LEAST * defined;
    return counted > 0 && wrong
        ? "for %d positions the layer's own operations count %d flops, but the products in their definitions are %d"
            .formatted(LENGTH, counted, defined)
        : null;
  }

  private static boolean isOwn(Node node) {
    return node.operation() instanceof Operation.Custom;
  }

  /** Every product of two elements may be half of a multiply-add. */
  private static long products(Node node) {
    return node.operation() instanceof Operation.Elementwise each
            && each.function() == Binary.MULTIPLY
        ? 2 * node.output().shape().elements()
        : FlopCount.of(node);
  }

  private static List<Node> nodes(LayerUnderTest layer, Setting setting) {
    Rows rows = Rows.dense(1, LENGTH, layer.width(), new double[0]);
    try (LayerTrial plan = LayerTrial.plan(layer.build(), setting)) {
      return plan.pass(rows).program().nodes();
    }
  }
}
