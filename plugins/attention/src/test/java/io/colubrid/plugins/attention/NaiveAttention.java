package io.colubrid.plugins.attention;

/** Attention and its gradients by the equations, pair by pair, in doubles. */
final class NaiveAttention {
  private final AttentionShape shape;
  private final double scale;
  private final Sight sight;
  private final float[] q;
  private final float[] k;
  private final float[] v;

  /** Whether a query of a row sees a key. */
  interface Sight {
    boolean sees(int row, int query, int key);
  }

  NaiveAttention(AttentionShape shape, double scale, Sight sight, float[] q, float[] k, float[] v) {
    this.shape = shape;
    this.scale = scale;
    this.sight = sight;
    this.q = q;
    this.k = k;
    this.v = v;
  }

  static Sight sight(AttentionMask mask, int[] segments, int length) {
    return (row, query, key) -> {
      if (segments != null) {
        int document = segments[row * length + query];
        if (document < 0 || document != segments[row * length + key]) {
          return false;
        }
      }
      return (!mask.causal() || key <= query) && (!mask.windowed() || query - key < mask.window());
    };
  }

  private double[] weights(int row, int head, int query) {
    double[] weights = new double[(int) shape.keys()];
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < weights.length; j++) {
      weights[j] = Double.NEGATIVE_INFINITY;
      if (sight.sees(row, query, j)) {
        weights[j] = scale * dot(q, queryAt(row, query, head), k, keyAt(row, j, head));
        largest = Math.max(largest, weights[j]);
      }
    }
    double sum = 0;
    for (int j = 0; j < weights.length; j++) {
      boolean none = weights[j] == Double.NEGATIVE_INFINITY;
      weights[j] = none ? 0 : Math.exp(weights[j] - largest);
      sum += weights[j];
    }
    for (int j = 0; j < weights.length && sum > 0; j++) {
      weights[j] /= sum;
    }
    return weights;
  }

  double[] output() {
    double[] out = new double[q.length];
    forEachQuery(
        (row, head, query) -> {
          double[] weights = weights(row, head, query);
          for (int j = 0; j < weights.length; j++) {
            for (int d = 0; d < shape.headDim(); d++) {
              out[queryAt(row, query, head) + d] += weights[j] * v[keyAt(row, j, head) + d];
            }
          }
        });
    return out;
  }

  /** Gradients of q, k and v. */
  double[][] gradients(float[] outGradient) {
    double[][] gradients = {new double[q.length], new double[k.length], new double[v.length]};
    forEachQuery((row, head, query) -> addGradients(gradients, outGradient, row, head, query));
    return gradients;
  }

  private void addGradients(
      double[][] gradients, float[] outGradient, int row, int head, int query) {
    double[] weights = weights(row, head, query);
    double[] ofWeights = new double[weights.length];
    int queryAt = queryAt(row, query, head);
    double mean = 0;
    for (int j = 0; j < weights.length; j++) {
      ofWeights[j] = dot(outGradient, queryAt, v, keyAt(row, j, head));
      mean += weights[j] * ofWeights[j];
    }
    for (int j = 0; j < weights.length; j++) {
      double ofScore = scale * weights[j] * (ofWeights[j] - mean);
      int keyAt = keyAt(row, j, head);
      for (int d = 0; d < shape.headDim(); d++) {
        gradients[0][queryAt + d] += ofScore * k[keyAt + d];
        gradients[1][keyAt + d] += ofScore * q[queryAt + d];
        gradients[2][keyAt + d] += weights[j] * outGradient[queryAt + d];
      }
    }
  }

  private interface QueryTask {
    void run(int row, int head, int query);
  }

  private void forEachQuery(QueryTask task) {
    for (int row = 0; row < shape.batch(); row++) {
      for (int head = 0; head < shape.heads(); head++) {
        for (int query = 0; query < shape.length(); query++) {
          task.run(row, head, query);
        }
      }
    }
  }

  private double dot(float[] a, int aAt, float[] b, int bAt) {
    double sum = 0;
    for (int d = 0; d < shape.headDim(); d++) {
      sum += (double) a[aAt + d] * b[bAt + d];
    }
    return sum;
  }

  private int queryAt(int row, int query, int head) {
    return (int) shape.queryAt(row, query, head);
  }

  private int keyAt(int row, int key, int head) {
    return (int) shape.keyAt(row, key, head / shape.group());
  }
}
