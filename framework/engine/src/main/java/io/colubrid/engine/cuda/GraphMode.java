package io.colubrid.engine.cuda;

/** Whether a program's launches are captured once and replayed as one. */
public enum GraphMode {
  /** They are. */
  ON,
  /** They are put on the stream one by one, each time. */
  OFF,
  /** The same, and waited for one by one, so that a kernel that fails is the one that is named. */
  CHECKED;

  /** Name of the system property that says which. */
  public static final String PROPERTY = "colubrid.graphs";

  /**
   * What {@code -Dcolubrid.graphs} says; {@link #ON} where it is not given.
   *
   * @throws IllegalArgumentException if it says something else
   */
  static GraphMode chosen() {
    String wanted = System.getProperty(PROPERTY, "on");
    return switch (wanted) {
      case "on" -> ON;
      case "off" -> OFF;
      case "checked" -> CHECKED;
      default ->
          throw new IllegalArgumentException(
              "-D" + PROPERTY + " must be 'on', 'off' or 'checked', got '" + wanted + "'");
    };
  }
}
