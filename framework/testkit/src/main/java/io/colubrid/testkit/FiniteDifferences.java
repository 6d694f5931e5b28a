package io.colubrid.testkit;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.testkit.trial.LayerPass;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Weights;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Compares gradients with central differences, along random directions, which no wrong element
 * escapes, and along some axes. Where a direction differs, all axes are tried to name the worst
 * element.
 */
final class FiniteDifferences {
  private static final double STEP = 2e-5;
  private static final double TOLERANCE = 5e-7;
  private static final double SHARE_OF_LARGEST = 1e-2;
  private static final int DIRECTIONS = 2;
  private static final int AXES = 4;

  private final LayerTrial trial;
  private final Rows rows;
  private final Weights weights;
  private final double[] outputGradient;
  private final LayerPass pass;
  private final Result analytic;
  private final double largest;
  private final RandomRows random = new RandomRows(5);

  /** A tensor that the objective depends on. */
  private record Variable(
      String name,
      Shape shape,
      double[] at,
      double[] gradient,
      ToDoubleFunction<double[]> objective) {}

  /** What was found along an axis. */
  private record Slope(int element, double expected, double found) {}

  FiniteDifferences(LayerTrial trial, Rows rows, double[] outputGradient) {
    this.trial = trial;
    this.rows = rows;
    this.weights = trial.weights();
    this.outputGradient = outputGradient;
    this.pass = trial.pass(rows);
    this.analytic = trial.gradients(rows, outputGradient);
    double most = rms(analytic.inputGradient());
    for (double[] gradient : analytic.parameterGradients().values()) {
      most = Math.max(most, rms(gradient));
    }
    this.largest = most;
  }

  @Nullable String mismatch() {
    String mismatch =
        mismatch(
            new Variable(
                "x",
                rows.shape(),
                rows.x(),
                analytic.inputGradient(),
                x -> objective(rows.with(x))));
    for (ModelParameter parameter : trial.layer().parameters()) {
      mismatch = mismatch != null ? mismatch : mismatch(variable(parameter));
    }
    return mismatch;
  }

  private Variable variable(ModelParameter parameter) {
    String path = parameter.path();
    double[] gradient = analytic.parameterGradients().getOrDefault(path, new double[0]);
    return new Variable(
        path, parameter.shape(), weights.of(path), gradient, v -> objective(weights.with(path, v)));
  }

  private double objective(Rows other) {
    pass.run(other);
    return pass.objective(outputGradient);
  }

  private double objective(Weights other) {
    trial.set(other);
    double objective = objective(rows);
    trial.set(weights);
    return objective;
  }

  private @Nullable String mismatch(Variable variable) {
    int elements = variable.at().length;
    for (int i = 0; i < DIRECTIONS; i++) {
      if (!close(variable, along(variable, unit(random.normal(elements))))) {
        return told(variable, worst(variable));
      }
    }
    for (int i = 0; i < Math.min(AXES, elements); i++) {
      Slope slope = along(variable, random.below(elements));
      if (!close(variable, slope)) {
        return told(variable, slope);
      }
    }
    return null;
  }

  private Slope along(Variable variable, double[] direction) {
    double dot = 0;
    for (int i = 0; i < direction.length; i++) {
      dot += direction[i] * variable.gradient()[i];
    }
    double ahead = variable.objective().applyAsDouble(moved(variable.at(), direction, STEP));
    double behind = variable.objective().applyAsDouble(moved(variable.at(), direction, -STEP));
    return new Slope(-1, (ahead - behind) / (2 * STEP), dot);
  }

  private Slope along(Variable variable, int element) {
    double[] axis = new double[variable.at().length];
    axis[element] = 1;
    Slope slope = along(variable, axis);
    return new Slope(element, slope.expected(), slope.found());
  }

  private Slope worst(Variable variable) {
    Slope worst = along(variable, 0);
    for (int i = 1; i < variable.at().length; i++) {
      Slope slope = along(variable, i);
      boolean worse =
          Math.abs(slope.expected() - slope.found()) > Math.abs(worst.expected() - worst.found());
      worst = worse ? slope : worst;
    }
    return worst;
  }

  private boolean close(Variable variable, Slope slope) {
    double scale = Math.max(rms(variable.gradient()), largest * SHARE_OF_LARGEST);
    double allowed = TOLERANCE * (Math.abs(slope.expected()) + scale);
    return Math.abs(slope.expected() - slope.found()) <= allowed;
  }

  private static String told(Variable variable, Slope slope) {
    return "gradient of %s at %s of %s: the difference quotient is %s, the gradient %s"
        .formatted(
            variable.name(),
            Closeness.place(slope.element(), variable.shape()),
            variable.shape(),
            slope.expected(),
            slope.found());
  }

  private static double[] moved(double[] from, double[] direction, double step) {
    double[] moved = from.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += step * direction[i];
    }
    return moved;
  }

  private static double[] unit(double[] direction) {
    double length = rms(direction) * Math.sqrt(direction.length);
    return Arrays.stream(direction).map(d -> d / length).toArray();
  }

  private static double rms(double[] elements) {
    double squares = Arrays.stream(elements).map(e -> e * e).sum();
    return Math.sqrt(squares / Math.max(1, elements.length));
  }
}
