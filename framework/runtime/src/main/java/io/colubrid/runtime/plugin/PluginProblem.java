package io.colubrid.runtime.plugin;

/**
 * A plugin that was left out.
 *
 * @param origin the jar or folder
 * @param reason why, and what to do
 */
public record PluginProblem(String origin, String reason) {
  @Override
  public String toString() {
    return origin + ": " + reason;
  }
}
