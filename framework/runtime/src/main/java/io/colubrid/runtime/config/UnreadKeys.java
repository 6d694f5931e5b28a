package io.colubrid.runtime.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.util.Set;

/**
 * Finds misspelt keys in sections that a command does not read, by their defaults alone: a typing
 * error is told by whatever command comes first.
 */
final class UnreadKeys {
  private UnreadKeys() {}

  static void report(String section, ConfigObject root, Problems problems) {
    ConfigValue value = Values.find(root, section);
    if (value instanceof ConfigObject object) {
      compare(object, Defaults.keysOf(section), section, problems);
    } else if (value != null && !Unresolved.is(value)) {
      String found = BadValueException.describe(value);
      problems.add(value.origin(), section, "expected an object, found " + found);
    }
  }

  private static void compare(
      ConfigObject given, ConfigObject defaults, String path, Problems problems) {
    Set<String> keys = defaults.keySet();
    if (keys.isEmpty() || keys.contains("type")) {
      return;
    }
    for (String key : Values.keysInOrder(given)) {
      ConfigValue value = Values.get(given, key);
      if (!keys.contains(key)) {
        String message = "no key '" + key + "'" + NearMatch.hint(key, keys);
        problems.add(value.origin(), path, message);
      } else if (value instanceof ConfigObject inner
          && Values.get(defaults, key) instanceof ConfigObject innerDefaults) {
        compare(inner, innerDefaults, ConfigPath.key(path, key), problems);
      }
    }
  }
}
