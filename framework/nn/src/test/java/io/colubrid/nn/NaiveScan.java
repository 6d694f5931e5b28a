package io.colubrid.nn;

import java.util.Arrays;

/** The selective scan in plain loops of doubles. Absent operands are null. */
record NaiveScan(
    int batch, int length, int channels, int states, boolean softplus, boolean reversed) {

  /**
   * @param x u, delta, aLog, b, c, skip, gate, bias, state
   * @return y, then the last state
   */
  double[][] run(double[][] x, int[] segments) {
    double[] y = new double[batch * length * channels];
    double[] state = new double[batch * channels * states];
    if (x[8] != null) {
      System.arraycopy(x[8], 0, state, 0, state.length);
    }
    for (int row = 0; row < batch; row++) {
      int document = -1;
      for (int t = 0; t < length; t++) {
        int at = row * length + (reversed ? length - 1 - t : t);
        int here = segments == null ? 0 : segments[at];
        if (here < 0) {
          continue;
        }
        if (document >= 0 && document != here) {
          Arrays.fill(state, row * channels * states, (row + 1) * channels * states, 0);
        }
        document = here;
        for (int d = 0; d < channels; d++) {
          y[at * channels + d] = step(x, state, row, at, d);
        }
      }
    }
    return new double[][] {y, state};
  }

  private double step(double[][] x, double[] state, int row, int at, int d) {
    int i = at * channels + d;
    double delta = x[1][i] + (x[7] == null ? 0 : x[7][d]);
    delta = softplus ? Math.log1p(Math.exp(delta)) : delta;
    double y = x[5] == null ? 0 : x[5][d] * x[0][i];
    for (int n = 0; n < states; n++) {
      int s = (row * channels + d) * states + n;
      double decay = Math.exp(-delta * Math.exp(x[2][d * states + n]));
      state[s] = decay * state[s] + delta * x[0][i] * x[3][at * states + n];
      y += state[s] * x[4][at * states + n];
    }
    return x[6] == null ? y : y * x[6][i] / (1 + Math.exp(-x[6][i]));
  }
}
