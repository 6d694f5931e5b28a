package io.colubrid.runtime.generation;

/**
 * How the next token is chosen. Filters apply in the order of the components.
 *
 * @param repetitionPenalty scores of tokens seen before are divided by this where positive and
 *     multiplied where negative (Keskar et al., 2019); 1 for none
 * @param temperature scores are divided by this; 0 always takes the best
 * @param topK only so many best tokens are drawn from; 0 for all
 * @param topP only the best tokens that hold this probability together; 1 for all
 * @param minP only tokens at least this probable, as a share of the best one's probability; 0 for
 *     all
 * @param seed of the draws
 */
public record Sampling(
    double repetitionPenalty, double temperature, int topK, double topP, double minP, long seed) {

  /** Always the best token. */
  public static Sampling greedy() {
    return new Sampling(1, 0, 0, 1, 0, 0);
  }

  /**
   * @throws IllegalArgumentException if a value is out of its range, naming the option
   */
  public Sampling {
    require(repetitionPenalty > 0, "--repetition-penalty must be positive", repetitionPenalty);
    require(temperature >= 0, "--temperature must not be negative", temperature);
    require(topK >= 0, "--top-k must not be negative", topK);
    require(topP > 0 && topP <= 1, "--top-p must be above 0 and at most 1", topP);
    require(minP >= 0 && minP <= 1, "--min-p must be between 0 and 1", minP);
  }

  /** What {@link NextToken} takes, with one of its draws. */
  float[] settings(float draw) {
    float[] settings = new float[NextToken.SETTINGS_COUNT];
    settings[NextToken.PENALTY] = (float) repetitionPenalty;
    settings[NextToken.TEMPERATURE] = (float) temperature;
    settings[NextToken.TOP_K] = topK;
    settings[NextToken.TOP_P] = (float) topP;
    settings[NextToken.MIN_P] = (float) minP;
    settings[NextToken.DRAW] = draw;
    return settings;
  }

  private static void require(boolean holds, String expected, double found) {
    if (!holds) {
      throw new IllegalArgumentException(expected + ", found " + found);
    }
  }
}
