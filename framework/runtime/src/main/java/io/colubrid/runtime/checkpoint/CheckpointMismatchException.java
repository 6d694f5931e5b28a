package io.colubrid.runtime.checkpoint;

import java.io.IOException;
import java.util.List;

/** The tensors of a checkpoint are not those of the model; the message lists every one of them. */
public final class CheckpointMismatchException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  CheckpointMismatchException(String checkpoint, List<String> problems) {
    super(message(checkpoint, problems));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, one tensor a line. */
  public List<String> problems() {
    return problems;
  }

  private static String message(String checkpoint, List<String> problems) {
    String what = problems.size() == 1 ? "1 tensor does" : problems.size() + " tensors do";
    return checkpoint + ": " + what + " not fit the model\n  " + String.join("\n  ", problems);
  }
}
