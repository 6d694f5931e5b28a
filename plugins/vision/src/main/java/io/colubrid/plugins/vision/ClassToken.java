package io.colubrid.plugins.vision;

/** Where the token that gathers what is to be classified stands among the patches. */
public enum ClassToken {
  NONE,
  FIRST,
  /** In front of patch ⌊patches/2⌋, as in Vim. */
  MIDDLE,
  LAST;

  /** Its index where there are so many patches. */
  long index(long patches) {
    return switch (this) {
      case NONE -> throw new IllegalStateException("there is no class token");
      case FIRST -> 0;
      case MIDDLE -> patches / 2;
      case LAST -> patches;
    };
  }
}
