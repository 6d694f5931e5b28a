package io.colubrid.runtime.data;

/**
 * What is learned, in the words of reports and metrics.
 *
 * @param unit what speed and cost are counted in: things with a target
 * @param measure what models are compared by
 * @param lossUnit of the loss curve, such as "bits per byte"
 * @param lossScale what a loss is multiplied by to be in that unit
 */
public record Task(Unit unit, Measure measure, String lossUnit, double lossScale) {
  /** What a model learns from, one by one. */
  public enum Unit {
    TOKEN("token", "tok"),
    IMAGE("image", "images"),
    ROW("row", "rows");

    private final String word;
    private final String brief;

    Unit(String word, String brief) {
      this.word = word;
      this.brief = brief;
    }

    /** Such as {@code token}. */
    public String word() {
      return word;
    }

    /** Such as {@code tokens}. */
    public String plural() {
      return word + "s";
    }

    /** Several of them where there is little room, such as {@code tok}. */
    public String brief() {
      return brief;
    }
  }

  /** Prediction of the next token; one nat is 1/ln 2 bits. */
  public static Task tokens(Measure bits) {
    return new Task(Unit.TOKEN, bits, bits.name(), 1 / Math.log(2));
  }
}
