package io.colubrid.plugins.vision;

/**
 * Brings samples on one grid to another, with centres of pixels aligned and the border repeated, as
 * PyTorch's {@code interpolate} does with {@code align_corners = False}.
 */
public enum Interpolation {
  /** Two neighbours on an axis. */
  BILINEAR {
    @Override
    double weight(double distance) {
      return Math.max(0, 1 - Math.abs(distance));
    }
  },
  /** Four neighbours on an axis: cubic convolution (Keys, 1981) with a = −3/4. */
  BICUBIC {
    private static final double A = -0.75;

    @Override
    double weight(double distance) {
      double d = Math.abs(distance);
      if (d < 1) {
        return ((A + 2) * d - (A + 3)) * d * d + 1;
      }
      return d < 2 ? ((A * d - 5 * A) * d + 8 * A) * d - 4 * A : 0;
    }
  };

  private static final int REACH = 2;

  /** The share of a sample at a distance, in units of the old grid. */
  abstract double weight(double distance);

  /** The weights [to, from] of an axis. */
  double[][] axis(int from, int to) {
    double[][] weights = new double[to][from];
    for (int i = 0; i < to; i++) {
      double at = (i + 0.5) * from / to - 0.5;
      int before = (int) Math.floor(at);
      for (int k = before - REACH + 1; k <= before + REACH; k++) {
        weights[i][Math.clamp(k, 0, from - 1)] += weight(at - k);
      }
    }
    return weights;
  }

  /** The weights [to.height · to.width, from.height · from.width] of a grid, row-major. */
  double[] matrix(GridConfig from, GridConfig to) {
    double[][] rows = axis(from.height(), to.height());
    double[][] columns = axis(from.width(), to.width());
    double[] matrix = new double[to.height() * to.width() * from.height() * from.width()];
    int at = 0;
    for (double[] row : rows) {
      for (double[] column : columns) {
        for (double ofRow : row) {
          for (double ofColumn : column) {
            matrix[at++] = ofRow * ofColumn;
          }
        }
      }
    }
    return matrix;
  }
}
