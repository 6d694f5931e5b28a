package io.colubrid.testkit;

import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import org.jspecify.annotations.Nullable;

/** Compares two runs that have to be equal. What stands at padding is nobody's business. */
final class SameBits {
  private SameBits() {}

  static @Nullable String mismatch(Rows rows, Result first, Result second) {
    return mismatch(Closeness.SAME, rows, first, second);
  }

  static @Nullable String mismatch(Closeness close, Rows rows, Result first, Result second) {
    String mismatch =
        close.mismatch(
            "output",
            first.shape(),
            rows.withoutPadding(first.output()),
            rows.withoutPadding(second.output()));
    if (mismatch == null) {
      mismatch =
          close.mismatch(
              "gradient of x", rows.shape(), first.inputGradient(), second.inputGradient());
    }
    return mismatch != null
        ? mismatch
        : close.mismatch(first.parameterGradients(), second.parameterGradients());
  }
}
