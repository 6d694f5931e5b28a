package io.colubrid.runtime.config;

import com.typesafe.config.ConfigException;

/** Makes problems of what the config library throws while it parses. */
public final class SyntaxProblem {
  private SyntaxProblem() {}

  /** The problem with its file and line, and without the library's guesses at what was meant. */
  public static Problem of(ConfigException thrown) {
    Location location = Location.of(thrown.origin());
    String message = String.valueOf(thrown.getMessage());
    String prefix = location.file() + ": " + location.line() + ": ";
    String plain = message.startsWith(prefix) ? message.substring(prefix.length()) : message;
    int guess = plain.indexOf(" (if you ");
    String told = guess < 0 ? plain : plain.substring(0, guess);
    return new Problem(location.file(), location.line(), "", told);
  }
}
