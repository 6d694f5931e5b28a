package io.colubrid.spi.op;

/**
 * A step of a causal convolution of BF16, in F32, of up to {@link #MOST_WIDTH} taps, told so that
 * the product in front can do it while it has the sums: y = f(bias + Σ weight_k·x_k) over the
 * inputs that the tail keeps and the new one, which then moves into the tail.
 *
 * @param weight address of the taps, F32 [channels, width]
 * @param bias address of the bias, F32 [channels]; 0 for none
 * @param tail address of the inputs before, F32 [rows, width − 1, channels], which are moved on; 0
 *     where they are zeros and nobody wants to know the next
 * @param y address of the outputs, BF16 [rows, channels]
 * @param rows steps that are independent of each other
 * @param channels of a row
 * @param width taps
 * @param silu whether f is SiLU, else nothing
 */
public record ConvolutionStep(
    long weight, long bias, long tail, long y, long rows, long channels, long width, boolean silu) {
  /** Taps that the kernels have room for. */
  public static final int MOST_WIDTH = 4;

  /**
   * The structure Convolution of {@code convolution_step.cuh}, for kernels built with this version.
   *
   * @param first column of the product that is the first channel
   */
  public long[] words(long first) {
    return new long[] {weight, bias, tail, first, channels, width, silu ? 1 : 0};
  }

  /** The addresses of what is read, as one number whose low bits tell how they are aligned. */
  public long alignment() {
    return weight | bias | tail;
  }

  /** Bytes of the outputs. */
  public long yBytes() {
    return rows * channels * Short.BYTES;
  }

  /** Bytes of the tail. */
  public long tailBytes() {
    return tail == 0 ? 0 : rows * (width - 1) * channels * Float.BYTES;
  }
}
