package io.colubrid.runtime.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reports substitutions that lead nowhere, and puts a mark in their place: a null that readers pass
 * over in silence, so that the rest of the file can still be read.
 */
final class Unresolved {
  /** Deeper than any real config; readers that call themselves are safe within it. */
  private static final int DEEPEST = 200;

  private static final int MOST_VALUES = 1_000_000;
  private static final List<String> MARK = List.of("unresolved");
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{\\??([^}]*)}");

  private final ConfigObject root;
  private final Problems problems;
  private final List<String> paths = new ArrayList<>();
  private int visited;

  private Unresolved(ConfigObject root, Problems problems) {
    this.root = root;
    this.problems = problems;
  }

  /** Whether a value is the mark of a substitution that was reported. */
  static boolean is(ConfigValue value) {
    return Values.isNull(value) && value.origin().comments().equals(MARK);
  }

  /**
   * @return the object with a mark for everything unresolved
   * @throws TooLargeException if it is nested too deeply, or too large to be a config
   */
  static ConfigObject report(ConfigObject root, Problems problems) throws TooLargeException {
    Unresolved walk = new Unresolved(root, problems);
    walk.collectPaths(root, "", 0);
    return (ConfigObject) walk.visit(root, "");
  }

  private void collectPaths(ConfigValue value, String path, int depth) throws TooLargeException {
    if (depth > DEEPEST) {
      throw new TooLargeException(value, "nested deeper than " + DEEPEST + " levels");
    }
    if (++visited > MOST_VALUES) {
      throw new TooLargeException(root, "more than " + MOST_VALUES + " values");
    }
    try {
      collectInner(value, path, depth + 1);
    } catch (ConfigException.NotResolved unresolved) {
      // visit() reports it.
      return;
    }
  }

  private void collectInner(ConfigValue value, String path, int depth) throws TooLargeException {
    switch (value.valueType()) {
      case OBJECT -> {
        ConfigObject object = (ConfigObject) value;
        for (String key : object.keySet()) {
          String at = ConfigPath.key(path, key);
          paths.add(at);
          collectPaths(Values.get(object, key), at, depth);
        }
      }
      case LIST -> {
        for (ConfigValue element : (ConfigList) value) {
          collectPaths(element, path, depth);
        }
      }
      default -> {}
    }
  }

  /** The library tells what is unresolved only by throwing when it is looked at. */
  private ConfigValue visit(ConfigValue value, String path) {
    try {
      return switch (value.valueType()) {
        case OBJECT -> visitObject((ConfigObject) value, path);
        case LIST -> visitList((ConfigList) value, path);
        default -> value;
      };
    } catch (ConfigException.NotResolved unresolved) {
      problems.add(value.origin(), path, message(value));
      return ConfigValueFactory.fromAnyRef(null).withOrigin(value.origin().withComments(MARK));
    }
  }

  // Equality would look into what is unresolved, and throw.
  @SuppressWarnings("ReferenceEquality")
  private ConfigObject visitObject(ConfigObject object, String path) {
    ConfigObject visited = object;
    for (String key : Values.keysInOrder(object)) {
      ConfigValue before = Values.get(object, key);
      ConfigValue after = visit(before, ConfigPath.key(path, key));
      visited = after == before ? visited : visited.withValue(key, after);
    }
    return visited;
  }

  @SuppressWarnings("ReferenceEquality")
  private ConfigValue visitList(ConfigList list, String path) {
    List<ConfigValue> visited = new ArrayList<>();
    boolean same = true;
    for (int i = 0; i < list.size(); i++) {
      visited.add(visit(list.get(i), ConfigPath.element(path, i, list.size())));
      same &= visited.getLast() == list.get(i);
    }
    return same ? list : ConfigValueFactory.fromIterable(visited).withOrigin(list.origin());
  }

  private String message(ConfigValue value) {
    Matcher matcher = REFERENCE.matcher(render(value));
    while (matcher.find()) {
      String path = matcher.group(1);
      if (!paths.contains(path)) {
        String is = "${" + path + "} is neither a key of the file nor an environment variable";
        return is + NearMatch.meant(path, paths);
      }
    }
    return "contains a substitution that cannot be resolved";
  }

  private static String render(ConfigValue value) {
    try {
      return value.render();
    } catch (ConfigException unresolved) {
      return "";
    }
  }

  /** A config beyond all measure. */
  static final class TooLargeException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient ConfigValue value;

    TooLargeException(ConfigValue value, String message) {
      super(message);
      this.value = value;
    }

    void report(Problems problems) {
      problems.add(value.origin(), "", String.valueOf(getMessage()));
    }
  }
}
