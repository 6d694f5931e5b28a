package io.colubrid.runtime.training;

/** Training cannot go on; the message says what went bad and where. */
public final class TrainingFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TrainingFailedException(String message) {
    super(message);
  }
}
