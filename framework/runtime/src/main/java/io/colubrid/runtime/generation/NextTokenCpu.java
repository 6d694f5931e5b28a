package io.colubrid.runtime.generation;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * {@link NextToken} on the CPU. The bounds of top-k and top-p are found by halving the range of
 * scores, so nothing is sorted.
 */
final class NextTokenCpu implements CpuBody {
  static final NextTokenCpu BODY = new NextTokenCpu();

  private NextTokenCpu() {}

  @Override
  public void forward(CpuCall call) {
    float[] scores = call.input(NextToken.SCORES).toArray(JAVA_FLOAT);
    float[] settings = call.input(NextToken.SETTINGS).toArray(JAVA_FLOAT);
    MemorySegment seen = call.output(1);
    penalize(scores, seen, settings[NextToken.PENALTY]);
    int token = choose(scores, settings);
    call.output(0).set(JAVA_INT, 0, token);
    if (token >= 0) {
      seen.set(JAVA_BYTE, token, (byte) 1);
    }
  }

  private static void penalize(float[] scores, MemorySegment seen, float penalty) {
    for (int i = 0; i < scores.length; i++) {
      float score = scores[i];
      if (Float.isNaN(score)) {
        scores[i] = Float.NEGATIVE_INFINITY;
      } else if (seen.get(JAVA_BYTE, i) != 0) {
        scores[i] = score > 0 ? score / penalty : score * penalty;
      }
    }
  }

  private static int choose(float[] scores, float[] settings) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    float most = scores[best];
    if (most == Float.NEGATIVE_INFINITY) {
      return -1;
    }
    float temperature = settings[NextToken.TEMPERATURE];
    if (temperature == 0) {
      return best;
    }
    float[] weights = new float[scores.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) Math.exp((scores[i] - most) / temperature);
    }
    int least = bound(scores, weights, key(most), settings);
    for (int i = 0; i < weights.length; i++) {
      if (key(scores[i]) < least || weights[i] < settings[NextToken.MIN_P]) {
        weights[i] = 0;
      }
    }
    return pointed(weights, settings[NextToken.DRAW]);
  }

  /** Whole numbers in the order of the floats. */
  private static int key(float score) {
    int bits = Float.floatToIntBits(score);
    return bits >= 0 ? bits : bits ^ Integer.MAX_VALUE;
  }

  /** The key of the worst token that top-k and top-p leave. */
  private static int bound(float[] scores, float[] weights, int most, float[] settings) {
    int topK = (int) settings[NextToken.TOP_K];
    int least = Integer.MIN_VALUE;
    if (topK > 0) {
      least = first(least, most, at -> above(scores, at) < topK);
    }
    float topP = settings[NextToken.TOP_P];
    if (topP < 1) {
      int kept = least;
      double share = topP * held(scores, weights, kept, kept - 1L);
      least = first(least, most, at -> held(scores, weights, kept, at) < share);
    }
    return least;
  }

  /** What holds of every key from some one on. */
  private interface Claim {
    boolean holds(int key);
  }

  private static int first(int from, int to, Claim claim) {
    long low = from;
    long high = to;
    while (low < high) {
      long middle = Math.floorDiv(low + high, 2);
      if (claim.holds((int) middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return (int) low;
  }

  private static int above(float[] scores, int bound) {
    int count = 0;
    for (float score : scores) {
      count += key(score) > bound ? 1 : 0;
    }
    return count;
  }

  /** The weight of tokens that are left by top-k and better than a bound. */
  private static double held(float[] scores, float[] weights, int kept, long bound) {
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      int key = key(scores[i]);
      if (key >= kept && key > bound) {
        sum += weights[i];
      }
    }
    return sum;
  }

  private static int pointed(float[] weights, float draw) {
    double mass = 0;
    for (float weight : weights) {
      mass += weight;
    }
    double left = draw * mass;
    int last = -1;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > 0) {
        last = i;
        left -= weights[i];
        if (left < 0) {
          return i;
        }
      }
    }
    return last;
  }
}
