package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.Rows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The layer returns the shape that it declares. */
final class ShapeAsDeclared implements Property {
  private static final List<Case> CASES =
      List.of(new Case(1, 1, 1), new Case(2, 63, 2), new Case(3, 100, 3));

  @Override
  public String name() {
    return "shape-as-declared";
  }

  @Override
  public String claim() {
    return "the output has the shape that the layer declares, for every kind of rows";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    return Search.over(CASES, at -> mismatch(layer, at));
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at) {
    StandaloneLayer built = layer.build();
    for (Rows rows : Rounds.of(layer, at)) {
      Shape declared = rows.shape().with(-1, built.output().width());
      try (LayerTrial plan = LayerTrial.plan(built, layer.setting())) {
        Shape found = plan.pass(rows).outputShape();
        if (!found.equals(declared)) {
          return "for x %s the layer declares %s and returns %s"
              .formatted(rows.shape(), declared, found);
        }
      }
    }
    return null;
  }
}
