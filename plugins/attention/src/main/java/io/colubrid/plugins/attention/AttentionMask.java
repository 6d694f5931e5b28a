package io.colubrid.plugins.attention;

/**
 * Which keys a query may see by their places alone. They are always a stretch of neighbours.
 *
 * @param causal whether a query sees itself and what comes before it only
 * @param window how many keys a causal query sees at most, itself among them (Mistral's sliding
 *     window); {@link #UNBOUNDED} for all
 */
public record AttentionMask(boolean causal, long window) {
  public static final long UNBOUNDED = Long.MAX_VALUE;

  /** Every query sees every key. */
  public static final AttentionMask FULL = new AttentionMask(false, UNBOUNDED);

  /** Every query sees itself and all keys before it. */
  public static final AttentionMask CAUSAL = new AttentionMask(true, UNBOUNDED);

  /**
   * @throws IllegalArgumentException if the window is not positive, or is bounded without causality
   */
  public AttentionMask {
    if (window < 1) {
      throw new IllegalArgumentException("a window of " + window + " keys; at least 1 is needed");
    }
    if (!causal && window != UNBOUNDED) {
      throw new IllegalArgumentException(
          "a sliding window looks backwards, so it needs causal attention");
    }
  }

  /** A causal query sees itself and the {@code window} − 1 keys before it. */
  public static AttentionMask sliding(long window) {
    return new AttentionMask(true, window);
  }

  public boolean windowed() {
    return window != UNBOUNDED;
  }

  /** First key that the query at a place sees. */
  long from(long query) {
    return Math.max(0, query - window + 1);
  }

  /** Key behind the last that the query at a place sees, of so many keys. */
  long to(long query, long keys) {
    return causal ? query + 1 : keys;
  }

  /** Pairs of a query and a key it sees, in a sequence of a length. */
  long pairs(long length) {
    if (!causal) {
      return length * length;
    }
    long growing = Math.min(window, length);
    return growing * (growing + 1) / 2 + (length - growing) * growing;
  }
}
