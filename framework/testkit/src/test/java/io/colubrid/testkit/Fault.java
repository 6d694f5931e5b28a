package io.colubrid.testkit;

/** What can be wrong with a layer, and the property that has to find it. */
public enum Fault {
  NONE(""),
  LEAKS_THE_FUTURE("causal"),
  FORGETS_THE_STATE("split-equals-whole"),
  STEPS_TWICE_AS_FAR("step-equals-sequence"),
  IGNORES_PADDING("padded-equals-unpadded"),
  IGNORES_DOCUMENTS("packed-equals-separate"),
  PADDING_MOVES_THE_STATE("padding-leaves-states"),
  MIXES_ROWS("rows-independent"),
  GRADIENT_MISSES_A_TERM("bodies-agree"),
  BODY_DIFFERS("bodies-agree"),
  DEFINITION_STOPS_A_GRADIENT("gradients-match-differences"),
  READS_UNWRITTEN_MEMORY("poison-unread"),
  READS_UNWRITTEN_SCRATCH("poison-unread"),
  CHANGES_ITS_INPUT("writes-only-its-own"),
  WRITES_BESIDE_ITS_OUTPUT("writes-only-its-own"),
  DIFFERS_FROM_RUN_TO_RUN("deterministic"),
  NAMES_CHANGE("saved-equals-loaded"),
  NAME_DOES_NOT_FIT("saved-equals-loaded"),
  STARTS_TOO_LARGE("initial-scale-sane"),
  STARTS_TOO_SMALL("initial-scale-sane"),
  FORGETS_THE_FAN_IN("initial-scale-sane"),
  COUNTS_ONE_ROW("flops-counted"),
  COUNTS_TOO_MUCH("flops-counted"),
  DECLARES_ANOTHER_WIDTH("shape-as-declared"),
  THROWS("shape-as-declared");

  private final String property;

  Fault(String property) {
    this.property = property;
  }

  /** Name of the property that finds it. */
  String property() {
    return property;
  }
}
