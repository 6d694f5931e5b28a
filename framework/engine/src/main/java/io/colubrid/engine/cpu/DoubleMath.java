package io.colubrid.engine.cpu;

/** The functions of {@link UnaryOp} in double precision, for checking. */
final class DoubleMath {

  private static final double SQRT_2_PI = Math.sqrt(2 * Math.PI);
  private static final double GELU_LINEAR = 2 * Math.sqrt(2 / Math.PI);
  private static final double GELU_CUBIC = GELU_LINEAR * 0.044715;

  private DoubleMath() {}

  static double apply(UnaryOp op, double x) {
    return switch (op) {
      case NEGATE -> -x;
      case ABS -> Math.abs(x);
      case SQUARE -> x * x;
      case SQRT -> Math.sqrt(x);
      case RECIPROCAL -> 1 / x;
      case RELU -> x > 0 ? x : 0;
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case TANH -> Math.tanh(x);
      case SIGMOID -> sigmoid(x);
      case SILU -> x * sigmoid(x);
      case SOFTPLUS -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
      case GELU -> x * normal(x);
      case GELU_TANH -> x * sigmoid(geluArgument(x));
    };
  }

  /** The derivative of {@code op} at x. */
  static double gradient(UnaryOp op, double x) {
    return switch (op) {
      case NEGATE -> -1;
      case ABS -> Math.signum(x);
      case SQUARE -> 2 * x;
      case SQRT -> 0.5 / Math.sqrt(x);
      case RECIPROCAL -> -1 / (x * x);
      case RELU -> x > 0 ? 1 : 0;
      case EXP -> Math.exp(x);
      case LOG -> 1 / x;
      case TANH -> 1 - Math.tanh(x) * Math.tanh(x);
      case SIGMOID -> sigmoid(x) * sigmoid(-x);
      case SILU -> sigmoid(x) * (1 + x * sigmoid(-x));
      case SOFTPLUS -> sigmoid(x);
      case GELU -> normal(x) + x * Math.exp(-x * x / 2) / SQRT_2_PI;
      case GELU_TANH -> {
        double u = geluArgument(x);
        double slope = GELU_LINEAR + 3 * GELU_CUBIC * x * x;
        yield sigmoid(u) * (1 + x * slope * sigmoid(-u));
      }
    };
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double geluArgument(double x) {
    return x * (GELU_LINEAR + GELU_CUBIC * x * x);
  }

  /** The distribution function of the standard normal. */
  private static double normal(double x) {
    double a = Math.abs(x);
    double density = Math.exp(-a * a / 2) / SQRT_2_PI;
    if (a < 5) {
      // Phi(a) = 1/2 + density (a + a³/3 + a⁵/(3·5) + ...), Abramowitz and Stegun 26.2.11.
      double term = a;
      double sum = a;
      for (int i = 3; term > sum * 1e-17; i += 2) {
        term *= a * a / i;
        sum += term;
      }
      return 0.5 + Math.copySign(density * sum, x);
    }
    // The upper tail as a continued fraction, 26.2.14.
    double fraction = 0;
    for (int i = 40; i >= 1; i--) {
      fraction = i / (a + fraction);
    }
    double tail = density / (a + fraction);
    return x > 0 ? 1 - tail : tail;
  }
}
