package io.colubrid.nn;

import java.util.ArrayList;
import java.util.List;

/** The causal convolution in plain loops of doubles. Absent operands are null. */
record NaiveConv(int batch, int length, int channels, int width, boolean silu, boolean reversed) {

  /**
   * @param x x, weight, bias, tail
   * @return y, then the last tail
   */
  double[][] run(double[][] x, int[] segments) {
    double[] y = new double[batch * length * channels];
    double[] tail = new double[batch * (width - 1) * channels];
    for (int row = 0; row < batch; row++) {
      List<double[]> seen = new ArrayList<>();
      for (int i = 0; i < width - 1; i++) {
        seen.add(x[3] == null ? new double[channels] : vector(x[3], row * (width - 1) + i));
      }
      int document = -1;
      for (int t = 0; t < length; t++) {
        int at = row * length + (reversed ? length - 1 - t : t);
        int here = segments == null ? 0 : segments[at];
        if (here < 0) {
          continue;
        }
        if (document >= 0 && here != document) {
          seen.replaceAll(old -> new double[channels]);
        }
        document = here;
        seen.add(vector(x[0], at));
        for (int d = 0; d < channels; d++) {
          y[at * channels + d] = put(x, seen, d);
        }
        seen.removeFirst();
      }
      for (int i = 0; i < width - 1; i++) {
        System.arraycopy(seen.get(i), 0, tail, (row * (width - 1) + i) * channels, channels);
      }
    }
    return new double[][] {y, tail};
  }

  private double put(double[][] x, List<double[]> window, int d) {
    double sum = x[2] == null ? 0 : x[2][d];
    for (int k = 0; k < width; k++) {
      sum += x[1][d * width + k] * window.get(k)[d];
    }
    return silu ? sum / (1 + Math.exp(-sum)) : sum;
  }

  private double[] vector(double[] from, int index) {
    double[] vector = new double[channels];
    System.arraycopy(from, index * channels, vector, 0, channels);
    return vector;
  }
}
