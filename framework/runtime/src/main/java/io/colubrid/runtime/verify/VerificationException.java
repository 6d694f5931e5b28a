package io.colubrid.runtime.verify;

import java.io.IOException;

/** A folder cannot be verified: its reference lacks something or does not belong to the model. */
public final class VerificationException extends IOException {
  private static final long serialVersionUID = 1L;

  VerificationException(String message) {
    super(message);
  }
}
