package io.colubrid.runtime.generation;

import io.colubrid.engine.random.Philox;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Draws tokens from scores. One sampler serves one sequence; equal seeds draw equally. */
public final class Sampler {
  private final Sampling sampling;
  private final BitSet seen = new BitSet();
  private int drawn;

  public Sampler(Sampling sampling) {
    this.sampling = sampling;
  }

  /** Tells of a token that stands in the sequence. */
  public void saw(int token) {
    seen.set(token);
  }

  /**
   * Chooses the next token.
   *
   * @param logits a score for each token; changed by the call
   * @throws ArithmeticException if no score is a number
   */
  public int next(float[] logits) {
    penalize(logits);
    int best = best(logits);
    int token = sampling.temperature() == 0 ? best : draw(logits);
    saw(token);
    return token;
  }

  private void penalize(float[] logits) {
    if (sampling.repetitionPenalty() != 1) {
      float penalty = (float) sampling.repetitionPenalty();
      seen.stream()
          .filter(token -> token < logits.length)
          .forEach(
              token ->
                  logits[token] =
                      logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty);
    }
  }

  private static int best(float[] logits) {
    int best = -1;
    for (int i = 0; i < logits.length; i++) {
      if (!Float.isNaN(logits[i]) && (best < 0 || logits[i] > logits[best])) {
        best = i;
      }
    }
    if (best < 0) {
      throw new ArithmeticException("the model's scores are not numbers; its weights went bad");
    }
    return best;
  }

  private int draw(float[] logits) {
    Integer[] order = IntStream.range(0, logits.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -logits[i]));
    int kept = sampling.topK() == 0 ? order.length : Math.min(sampling.topK(), order.length);
    double[] weights = new double[kept];
    double total = 0;
    for (int i = 0; i < kept; i++) {
      double above = (logits[order[i]] - logits[order[0]]) / sampling.temperature();
      weights[i] = Math.exp(above);
      total += weights[i];
    }
    int candidates = candidates(weights, total);
    double mass = Arrays.stream(weights, 0, candidates).sum();
    double at = uniform() * mass;
    for (int i = 0; i < candidates; i++) {
      at -= weights[i];
      if (at < 0) {
        return order[i];
      }
    }
    return order[candidates - 1];
  }

  /** How many of the best are left by top-p and min-p; at least one. */
  private int candidates(double[] weights, double total) {
    double held = 0;
    for (int i = 0; i < weights.length; i++) {
      boolean enough = held >= sampling.topP() * total;
      boolean rare = weights[i] < sampling.minP() * weights[0];
      if (i > 0 && (enough || rare)) {
        return i;
      }
      held += weights[i];
    }
    return weights.length;
  }

  private double uniform() {
    int[] block = {drawn++, 0, 0, 0};
    Philox.block(block, sampling.seed());
    return ((Integer.toUnsignedLong(block[0]) << 21) | (Integer.toUnsignedLong(block[1]) >>> 11))
        * 0x1p-53;
  }
}
