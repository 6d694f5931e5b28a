package io.colubrid.runtime.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Finds what was probably meant by a name that does not exist. */
public final class NearMatch {
  private static final int MOST_NAMES_LISTED = 12;

  private NearMatch() {}

  /** What to say after "no block 'mF'": a near match, or else what there is. */
  public static String hint(String name, Collection<String> candidates) {
    String meant = meant(name, candidates);
    return meant.isEmpty() ? listing(candidates) : meant;
  }

  /** "; did you mean 'mE'?", or nothing if no candidate is near. */
  public static String meant(String name, Collection<String> candidates) {
    return find(name, candidates).map(match -> "; did you mean '" + match + "'?").orElse("");
  }

  /**
   * The candidate nearest to a name, unless all are too far. Case, dashes and underscores are
   * light.
   */
  public static Optional<String> find(String name, Collection<String> candidates) {
    String plain = plain(name);
    int limit = plain.length() < 2 ? 0 : Math.min(3, Math.max(1, (plain.length() + 1) / 3));
    Predicate<String> near = other -> distance(plain, plain(other)) <= limit;
    return candidates.stream()
        .filter(near)
        .min(
            Comparator.<String>comparingInt(other -> distance(plain, plain(other)))
                .thenComparingInt(other -> Math.abs(other.length() - name.length()))
                .thenComparingInt(other -> -commonPrefix(name, other))
                .thenComparing(Comparator.naturalOrder()));
  }

  /**
   * The candidate nearest to a long name made of parts, such as a tensor's, unless more than half
   * of it differs.
   */
  public static Optional<String> nearest(String name, Collection<String> candidates) {
    return candidates.stream()
        .filter(other -> distance(name, other) <= Math.max(name.length(), other.length()) / 2)
        .min(
            Comparator.<String>comparingInt(other -> distance(name, other))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static String listing(Collection<String> candidates) {
    if (candidates.isEmpty()) {
      return "; there is none";
    }
    if (candidates.size() > MOST_NAMES_LISTED) {
      return "";
    }
    String names = candidates.stream().sorted().collect(Collectors.joining(", "));
    return candidates.size() == 1 ? "; there is only " + names : "; there are " + names;
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
  }

  private static int commonPrefix(String a, String b) {
    int length = 0;
    while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
      length++;
    }
    return length;
  }

  /**
   * Edits between two words, where swapping two neighbours is one edit (optimal string alignment).
   */
  static int distance(String a, String b) {
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        edits[i][j] = i == 0 || j == 0 ? i + j : cheapest(a, b, i, j, edits);
      }
    }
    return edits[a.length()][b.length()];
  }

  private static int cheapest(String a, String b, int i, int j, int[][] edits) {
    int changed = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
    int best = edits[i - 1][j - 1] + changed;
    best = Math.min(best, Math.min(edits[i - 1][j], edits[i][j - 1]) + 1);
    if (i > 1
        && j > 1
        && a.charAt(i - 1) == b.charAt(j - 2)
        && a.charAt(i - 2) == b.charAt(j - 1)) {
      best = Math.min(best, edits[i - 2][j - 2] + changed);
    }
    return best;
  }
}
