package io.colubrid.runtime.verify;

import java.util.List;

/**
 * A greedy continuation beside the reference's.
 *
 * @param how how it was computed
 * @param prompt tokens that were given
 * @param expected prompt and continuation
 * @param found the same of ours
 */
public record GreedyTokens(String how, int prompt, List<Integer> expected, List<Integer> found) {
  public GreedyTokens {
    expected = List.copyOf(expected);
    found = List.copyOf(found);
  }

  public boolean agree() {
    return expected.equals(found);
  }

  /** Tokens of the continuation before the first that differs. */
  public int agreeing() {
    int same = 0;
    while (same < found.size()
        && same < expected.size()
        && found.get(same).equals(expected.get(same))) {
      same++;
    }
    return Math.max(0, same - prompt);
  }

  /** Tokens of the continuation. */
  public int count() {
    return expected.size() - prompt;
  }
}
