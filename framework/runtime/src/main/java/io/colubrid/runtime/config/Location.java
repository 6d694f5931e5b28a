package io.colubrid.runtime.config;

import com.typesafe.config.ConfigOrigin;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a value was written.
 *
 * @param file the file as the user named it, or the {@code --set} option; null if unknown
 * @param line line from 1, or 0 if there is none
 */
record Location(@Nullable String file, int line) {
  private static final Location UNKNOWN = new Location(null, 0);
  private static final String MERGE = "merge of ";
  private static final Pattern WITH_LINE = Pattern.compile("(.*): (\\d{1,9})(?:-\\d+)?");

  static Location of(@Nullable ConfigOrigin origin) {
    if (origin == null) {
      return UNKNOWN;
    }
    String text = origin.description();
    if (text.startsWith(MERGE)) {
      return ofMerge(text.substring(MERGE.length()));
    }
    return ofText(text);
  }

  /** An object merged from several places is told at the first one that is a line of a file. */
  private static Location ofMerge(String text) {
    Location option = UNKNOWN;
    for (String part : text.split(",")) {
      Location location = ofText(part);
      if (location.line > 0) {
        return location;
      }
      option = location;
    }
    return option;
  }

  private static Location ofText(String text) {
    Matcher matcher = WITH_LINE.matcher(text);
    if (!matcher.matches()) {
      return new Location(text, 0);
    }
    String file = matcher.group(1);
    boolean option = file.startsWith(SetOption.PREFIX);
    return new Location(file, option ? 0 : Integer.parseInt(matcher.group(2)));
  }
}
