package io.colubrid.cli;

import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.training.TrainingFailedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/**
 * Turns what a command throws into sentences and an exit code. A stack trace is for {@code
 * --debug}, or for what nobody foresaw.
 */
final class ExceptionPrinter implements IExecutionExceptionHandler {
  private static final int BAD_RESULT = 1;
  private static final int BAD_INPUT = 2;

  @Override
  public int handleExecutionException(Exception thrown, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    if (parsed.matchedOptionValue("--debug", false)) {
      thrown.printStackTrace(err);
    }
    if (thrown instanceof ConfigProblemsException bad) {
      bad.problems().forEach(err::println);
      return BAD_INPUT;
    }
    err.println(command.getCommandName() + ": " + message(thrown));
    return thrown instanceof TrainingFailedException ? BAD_RESULT : BAD_INPUT;
  }

  private static String message(Exception thrown) {
    Throwable told =
        thrown instanceof UncheckedIOException io && io.getCause() != null ? io.getCause() : thrown;
    return switch (told) {
      case NoSuchFileException missing -> "no such file: " + missing.getFile();
      case AccessDeniedException denied -> "not allowed to read or write " + denied.getFile();
      case FileAlreadyExistsException there ->
          there.getFile() + " is a file, not a folder; name another one";
      case NotDirectoryException file ->
          file.getFile() + " is a file, not a folder; name another one";
      case IOException io -> plain(io);
      case RuntimeException expected when ownWords(expected) -> plain(expected);
      default -> "unforeseen: " + told + " (with --debug there is a stack trace)";
    };
  }

  private static String plain(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null ? thrown.toString() : message;
  }

  /** Exceptions that are thrown with a sentence for the user. */
  private static boolean ownWords(RuntimeException thrown) {
    return thrown.getClass().getName().startsWith("io.colubrid.")
        || thrown instanceof UnsupportedOperationException
        || thrown instanceof IllegalArgumentException
        || thrown instanceof UncheckedIOException;
  }
}
