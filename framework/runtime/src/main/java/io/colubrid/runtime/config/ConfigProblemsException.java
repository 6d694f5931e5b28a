package io.colubrid.runtime.config;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** A config that cannot be used, with everything that is wrong in it. */
public final class ConfigProblemsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  public ConfigProblemsException(List<Problem> problems) {
    super(inFileOrder(problems).stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = inFileOrder(problems);
  }

  /** By line within a file; files in the order in which they first appear. */
  public List<Problem> problems() {
    return problems;
  }

  private static List<Problem> inFileOrder(List<Problem> problems) {
    List<String> files = problems.stream().map(p -> String.valueOf(p.file())).distinct().toList();
    return problems.stream()
        .sorted(
            Comparator.<Problem>comparingInt(p -> files.indexOf(String.valueOf(p.file())))
                .thenComparingInt(Problem::line))
        .toList();
  }
}
