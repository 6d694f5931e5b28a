package io.colubrid.testkit;

import io.colubrid.spi.tensor.Shape;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Compares documents that share a batch with the same documents run each by itself. */
final class Alone {
  private Alone() {}

  /** What differs, forward or in a gradient, or null. */
  static @Nullable String mismatch(LayerTrial trial, Rows rows, double[] outputGradient) {
    Closeness close = Closeness.on(trial.setting());
    Result together = trial.gradients(rows, outputGradient);
    Map<String, double[]> sums = new TreeMap<>();
    for (Rows.Document document : rows.documents()) {
      Rows alone = rows.alone(document);
      Result single = trial.gradients(alone, rows.cut(outputGradient, document));
      String mismatch = mismatch(close, rows, document, together, single);
      if (mismatch != null) {
        return mismatch;
      }
      single.parameterGradients().forEach((path, more) -> sums.merge(path, more, Alone::sum));
    }
    String mismatch = paddingGradient(rows, together);
    return mismatch != null ? mismatch : close.mismatch(sums, together.parameterGradients());
  }

  private static @Nullable String mismatch(
      Closeness close, Rows rows, Rows.Document document, Result together, Result single) {
    String where =
        " of the document at row %d, positions %d to %d"
            .formatted(document.row(), document.from(), document.to());
    String output =
        close.mismatch(
            "output" + where,
            single.shape(),
            single.output(),
            rows.cut(together.output(), document));
    return output != null
        ? output
        : close.mismatch(
            "gradient of x" + where,
            Shape.of(1, document.length(), rows.width()),
            single.inputGradient(),
            rows.cut(together.inputGradient(), document));
  }

  private static @Nullable String paddingGradient(Rows rows, Result together) {
    return Closeness.SAME.mismatch(
        "gradient of x (zero at padding)",
        rows.shape(),
        rows.withoutPadding(together.inputGradient()),
        together.inputGradient());
  }

  private static double[] sum(double[] a, double[] b) {
    double[] sum = a.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }
}
