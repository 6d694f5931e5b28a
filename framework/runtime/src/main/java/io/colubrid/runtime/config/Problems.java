package io.colubrid.runtime.config;

import com.typesafe.config.ConfigOrigin;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects what is wrong in a config, so that all of it is told at once.
 *
 * <p>A view made by {@link #in} puts a prefix before every path. The same problem seen through two
 * views, such as a bad key of a model that several models of a comparison share, is kept once.
 */
public final class Problems {
  private static final String MODEL = "model.";
  private static final String LAYERS = MODEL + "layers";

  private final Map<Problem, Problem> found;
  private final String scope;

  public Problems() {
    this(new LinkedHashMap<>(), "");
  }

  private Problems(Map<Problem, Problem> found, String scope) {
    this.found = found;
    this.scope = scope;
  }

  /** The same collection, for a part of the config that stands at a path. */
  public Problems in(String path) {
    return new Problems(found, path);
  }

  /** Adds a problem at a place in a file; the origin may be null. */
  public void add(@Nullable ConfigOrigin origin, String path, String message) {
    Location location = Location.of(origin);
    add(location.file(), location.line(), path, message);
  }

  /** Adds a problem of a file; line 0 for the file as a whole. */
  public void add(@Nullable String file, int line, String path, String message) {
    String shown = shown(path);
    Problem problem = new Problem(file, line, shown, message);
    Problem key = line > 0 ? new Problem(file, line, path, message) : problem;
    found.putIfAbsent(key, problem);
  }

  /** Adds a problem that a part of a model has told; a line's is kept once. */
  public void add(Problem problem) {
    boolean placed = problem.line() > 0;
    Problem key =
        placed ? new Problem(problem.file(), problem.line(), "", problem.message()) : problem;
    found.putIfAbsent(key, problem);
  }

  /**
   * How a path of this view is shown. Layers bear the names that the model gives them, {@code
   * layers.5.mixer}, with no model before.
   */
  public String shown(String path) {
    String whole = ConfigPath.join(scope, path);
    return whole.startsWith(LAYERS) ? whole.substring(MODEL.length()) : whole;
  }

  public boolean isEmpty() {
    return found.isEmpty();
  }

  /** All problems in the order in which they were found. */
  public List<Problem> list() {
    return List.copyOf(found.values());
  }

  /**
   * @throws ConfigProblemsException if anything was found
   */
  public void throwIfAny() {
    if (!isEmpty()) {
      throw new ConfigProblemsException(list());
    }
  }
}
