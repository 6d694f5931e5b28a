package io.colubrid.runtime.config;

import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The includes of one file, relative to it. The library's own includer skips files that are missing
 * and tells no line; this one does neither.
 */
final class Inclusion
    implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
  private static final List<String> ENDINGS = List.of("", ".conf", ".json", ".properties");

  private final FileParser parser;
  private final Path file;
  private final String text;
  private final Problems problems;
  private final Map<String, Integer> timesIncluded = new HashMap<>();

  Inclusion(FileParser parser, Path file, String text, Problems problems) {
    this.parser = parser;
    this.file = file;
    this.text = text;
    this.problems = problems;
  }

  @Override
  public ConfigIncluder withFallback(ConfigIncluder fallback) {
    return this;
  }

  @Override
  public ConfigObject include(ConfigIncludeContext context, String what) {
    int line = line(what);
    Path included = find(what);
    if (included == null) {
      problem(line, what, "no such file" + NearMatch.meant(what, neighbours(what)));
      return Values.EMPTY;
    }
    List<Path> chain = parser.chainTo(included);
    if (!chain.isEmpty()) {
      problem(line, what, circle(chain));
      return Values.EMPTY;
    }
    return Objects.requireNonNullElse(parser.parse(included), Values.EMPTY);
  }

  @Override
  public ConfigObject includeFile(ConfigIncludeContext context, File what) {
    return include(context, what.getPath());
  }

  @Override
  public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
    problem(line(what.toString()), what.toString(), "only files can be included");
    return Values.EMPTY;
  }

  @Override
  public ConfigObject includeResources(ConfigIncludeContext context, String what) {
    problem(line(what), what, "only files can be included");
    return Values.EMPTY;
  }

  private void problem(int line, String what, String message) {
    problems.add(file.toString(), line, "", "include \"" + what + "\": " + message);
  }

  private @Nullable Path find(String what) {
    try {
      for (String ending : ENDINGS) {
        Path path = file.resolveSibling(what + ending);
        if (Files.isRegularFile(path)) {
          return path;
        }
      }
    } catch (InvalidPathException noPath) {
      return null;
    }
    return null;
  }

  private List<String> neighbours(String what) {
    Path folder = Objects.requireNonNullElse(file.toAbsolutePath().getParent(), file);
    if (what.contains("/") || what.contains("\\")) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(entry -> String.valueOf(entry.getFileName()))
          .filter(name -> name.endsWith(".conf") && !file.endsWith(name))
          .toList();
    } catch (IOException unreadable) {
      return List.of();
    }
  }

  private static String circle(List<Path> chain) {
    String names =
        chain.stream()
            .map(path -> String.valueOf(path.getFileName()))
            .collect(Collectors.joining(" -> "));
    return "includes itself: " + names + " -> " + chain.getFirst().getFileName();
  }

  /** The library does not say where an include stands, so it is looked up in the text. */
  private int line(String what) {
    int times = timesIncluded.merge(what, 1, Integer::sum);
    Pattern pattern = Pattern.compile("\\binclude\\b[^\"\\n]*\"" + Pattern.quote(what) + "\"");
    Matcher matcher = pattern.matcher(text);
    int position = -1;
    for (int i = 0; i < times && matcher.find(); i++) {
      position = matcher.start();
    }
    return position < 0
        ? 0
        : 1 + (int) text.substring(0, position).chars().filter(c -> c == '\n').count();
  }
}
