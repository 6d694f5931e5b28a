package io.colubrid.engine.memory;

/** BF16 as 16 bits: the upper half of an F32. */
public final class Bf16 {
  private static final int QUIET = 0x40;

  private Bf16() {}

  /** The nearest BF16, ties to even; NaN stays NaN. */
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> Short.SIZE) | QUIET);
    }
    int even = (bits >>> Short.SIZE) & 1;
    return (short) ((bits + 0x7FFF + even) >>> Short.SIZE);
  }

  public static float toFloat(short half) {
    return Float.intBitsToFloat(half << Short.SIZE);
  }

  /** The nearest number that BF16 has. */
  public static float rounded(float value) {
    return toFloat(of(value));
  }
}
