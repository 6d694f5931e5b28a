package io.colubrid.runtime.report;

/**
 * A mean over seeds and how far it can be trusted.
 *
 * @param standardDeviation of the sample (n - 1); NaN for one seed
 * @param halfWidth95 of the mean's 95 % confidence interval by Student's t; NaN for one seed
 */
public record Estimate(int seeds, double mean, double standardDeviation, double halfWidth95) {
  private static final double[] T_975_BELOW_11 = {
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281
  };
  private static final double Z_975 = 1.959964;

  static Estimate of(double... values) {
    int n = values.length;
    double mean = 0;
    for (double value : values) {
      mean += value / n;
    }
    if (n == 1) {
      return new Estimate(1, mean, Double.NaN, Double.NaN);
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    double deviation = Math.sqrt(squares / (n - 1));
    return new Estimate(n, mean, deviation, t975(n - 1) * deviation / Math.sqrt(n));
  }

  /**
   * The 97.5 % quantile of Student's t: a table where the series is coarse, then Cornish and
   * Fisher's expansion (Abramowitz and Stegun 26.7.5).
   */
  static double t975(int degreesOfFreedom) {
    if (degreesOfFreedom <= T_975_BELOW_11.length) {
      return T_975_BELOW_11[degreesOfFreedom - 1];
    }
    double n = degreesOfFreedom;
    double z = Z_975;
    double z2 = z * z;
    return z
        + z * (z2 + 1) / (4 * n)
        + z * ((5 * z2 + 16) * z2 + 3) / (96 * n * n)
        + z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * n * n * n);
  }

  public double low() {
    return mean - halfWidth95;
  }

  public double high() {
    return mean + halfWidth95;
  }
}
