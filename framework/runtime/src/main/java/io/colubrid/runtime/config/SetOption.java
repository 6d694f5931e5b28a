package io.colubrid.runtime.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@code --set path=value} option.
 *
 * @param option as the user wrote it
 * @param path the keys that lead to the value
 * @param value the value as HOCON, or as plain text where it is none
 */
record SetOption(String option, List<String> path, String value) {
  static final String PREFIX = "--set ";

  /** Takes an option apart; null if there was a problem, which was added. */
  static @Nullable SetOption of(String option, Problems problems) {
    int equals = option.indexOf('=');
    if (equals <= 0 || option.substring(equals + 1).isBlank()) {
      problems.add(PREFIX + option, 0, "", "expected path=value, such as train.steps=100");
      return null;
    }
    try {
      List<String> path = ConfigUtil.splitPath(option.substring(0, equals).strip());
      return new SetOption(option, path, option.substring(equals + 1));
    } catch (ConfigException bad) {
      problems.add(PREFIX + option, 0, "", "expected a path such as train.steps before the '='");
      return null;
    }
  }

  String origin() {
    return PREFIX + option;
  }

  /** The value at its path. */
  ConfigObject object() {
    return at(path);
  }

  /** The value at a path of one's own. */
  ConfigObject at(List<String> keys) {
    String key = ConfigUtil.joinPath(keys);
    ConfigObject parsed = parse(key + " = " + value);
    return parsed == null || !onlyValue(parsed.toConfig(), key) ? plain(key) : parsed;
  }

  private ConfigObject plain(String key) {
    ConfigObject parsed = parse(key + " = " + ConfigUtil.quoteString(value));
    if (parsed == null) {
      throw new IllegalStateException("quoted text does not parse: " + value);
    }
    return parsed;
  }

  private @Nullable ConfigObject parse(String text) {
    try {
      ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription(origin());
      return ConfigFactory.parseString(text, options).root();
    } catch (ConfigException | StackOverflowError noHocon) {
      return null;
    }
  }

  /** "a, b = c" is a value with a comma, and not a second key. */
  private boolean onlyValue(Config parsed, String key) {
    return parsed.root().size() == 1
        && parsed.root().containsKey(ConfigUtil.splitPath(key).getFirst());
  }
}
