package io.colubrid.runtime.doctor;

/**
 * One thing that was looked for.
 *
 * @param topic what it is, such as {@code cuBLAS}
 * @param found what was found, or what is missing
 * @param advice what to do about it; empty if nothing needs to be done
 */
public record Finding(String topic, String found, String advice) {
  static Finding of(String topic, String found) {
    return new Finding(topic, found, "");
  }

  public boolean isFine() {
    return advice.isEmpty();
  }
}
