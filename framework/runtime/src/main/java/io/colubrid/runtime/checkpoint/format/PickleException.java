package io.colubrid.runtime.checkpoint.format;

/** A pickle is malformed, or asks for what a state dict needs not; the message says what. */
final class PickleException extends Exception {
  private static final long serialVersionUID = 1L;

  PickleException(String problem) {
    super(problem);
  }
}
