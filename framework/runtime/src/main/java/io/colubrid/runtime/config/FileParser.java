package io.colubrid.runtime.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Parses a file and what it includes; a part that cannot be read is reported and left out. */
final class FileParser {
  private final Problems problems;
  private final List<Path> open = new ArrayList<>();

  FileParser(Problems problems) {
    this.problems = problems;
  }

  /** Parses a file; null if there was a problem, which was added. */
  @Nullable ConfigObject parse(Path file) {
    String text = text(file);
    if (text == null) {
      return null;
    }
    return parse(file, text, options -> ConfigFactory.parseFile(file.toFile(), options));
  }

  /** Parses text as if it stood in a file. */
  @Nullable ConfigObject parse(Path name, String text) {
    String origin = name.toString();
    return parse(
        name,
        text,
        options -> ConfigFactory.parseString(text, options.setOriginDescription(origin)));
  }

  private @Nullable ConfigObject parse(
      Path file, String text, Function<ConfigParseOptions, Config> source) {
    open.add(identity(file));
    try {
      ConfigParseOptions options =
          ConfigParseOptions.defaults()
              .setAllowMissing(false)
              .setIncluder(new Inclusion(this, file, text, problems));
      return source.apply(options).root();
    } catch (ConfigException.Parse bad) {
      problems.add(SyntaxProblem.of(bad));
    } catch (ConfigException bad) {
      problems.add(file.toString(), 0, "", String.valueOf(bad.getMessage()));
    } catch (StackOverflowError tooDeep) {
      problems.add(file.toString(), 0, "", "nested too deeply");
    } finally {
      open.removeLast();
    }
    return null;
  }

  /** The files from the one that was asked for down to a file that is being parsed; or empty. */
  List<Path> chainTo(Path file) {
    int index = open.indexOf(identity(file));
    return index < 0 ? List.of() : List.copyOf(open.subList(index, open.size()));
  }

  private @Nullable String text(Path file) {
    try {
      if (Files.isDirectory(file)) {
        problems.add(file.toString(), 0, "", "is a folder; expected a config file");
        return null;
      }
      return Files.readString(file);
    } catch (CharacterCodingException notUtf8) {
      problems.add(file.toString(), lineOfBadByte(file, notUtf8), "", "is not UTF-8 text");
    } catch (AccessDeniedException denied) {
      problems.add(file.toString(), 0, "", "may not be read by this user");
    } catch (IOException missing) {
      problems.add(file.toString(), 0, "", Files.exists(file) ? "cannot be read" : "no such file");
    }
    return null;
  }

  private static int lineOfBadByte(Path file, CharacterCodingException notUtf8) {
    return notUtf8 instanceof MalformedInputException ? BadByte.line(file) : 0;
  }

  private static Path identity(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException gone) {
      return file.toAbsolutePath().normalize();
    }
  }
}
