package io.colubrid.runtime.training;

/**
 * How fast a run learns: a linear warm-up to the peak, then a decay that ends with the last update.
 *
 * @param peak the largest rate
 * @param decay shape of what follows the warm-up
 * @param warmup updates until the peak is reached; 0 starts with it
 * @param finalFraction rate of the last update, as a share of the peak; a constant rate ignores it
 */
public record LearningRate(double peak, Decay decay, long warmup, double finalFraction) {

  /** What happens between the warm-up and the last update. */
  public enum Decay {
    /** Nothing. */
    CONSTANT {
      @Override
      double left(double progress) {
        return 1;
      }
    },
    /** A straight line. */
    LINEAR {
      @Override
      double left(double progress) {
        return 1 - progress;
      }
    },
    /** Half a period of a cosine (Loshchilov and Hutter, 2017, without restarts). */
    COSINE {
      @Override
      double left(double progress) {
        return (1 + Math.cos(Math.PI * progress)) / 2;
      }
    };

    /** Share of the decay that is still to come, from 1 to 0 as progress goes from 0 to 1. */
    abstract double left(double progress);
  }

  /**
   * @throws IllegalArgumentException if the peak is not positive, the warm-up negative, or the
   *     final fraction not in [0, 1]
   */
  public LearningRate {
    if (!(peak > 0 && peak < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "the peak of a learning rate must be positive, found " + peak);
    }
    if (warmup < 0) {
      throw new IllegalArgumentException(
          "a warm-up takes no fewer than 0 updates, found " + warmup);
    }
    if (!(finalFraction >= 0 && finalFraction <= 1)) {
      throw new IllegalArgumentException(
          "the final fraction of a learning rate must be between 0 and 1, found " + finalFraction);
    }
  }

  /**
   * The rate of an update.
   *
   * @param update its number, from 1
   * @param updates how many the run has in all; later ones keep the last one's rate
   */
  public double at(long update, long updates) {
    if (update < 1) {
      throw new IllegalArgumentException("updates are numbered from 1, found " + update);
    }
    if (update < warmup) {
      return peak * update / warmup;
    }
    if (decay == Decay.CONSTANT) {
      return peak;
    }
    double span = updates - warmup;
    double progress = span <= 0 ? 0 : Math.min(1, (update - warmup) / span);
    return peak * (finalFraction + (1 - finalFraction) * decay.left(progress));
  }
}
