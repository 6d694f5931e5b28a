package io.colubrid.runtime.plugin;

/** A plugin that cannot be used; becomes a {@link PluginProblem}. */
final class PluginException extends Exception {
  private static final long serialVersionUID = 1L;

  PluginException(String reason) {
    super(reason);
  }

  /** Wraps what a plugin's own code threw. */
  static PluginException thrown(String doing, Throwable cause) {
    if (cause instanceof NoClassDefFoundError missing) {
      String name = String.valueOf(missing.getMessage()).replace('/', '.');
      return new PluginException(
          doing + " needs the class " + name + ", which is not in it and which plugins cannot see");
    }
    return new PluginException(doing + " threw " + cause);
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
