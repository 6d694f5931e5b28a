package io.colubrid.spi.op;

/**
 * What a body makes of its output 0, y, for an RMS norm of y·SiLU(gate) behind it: out =
 * y·SiLU(gate)·weight, and sums of the squares of y·SiLU(gate), by which whoever reads that finds
 * the factor of a row. y itself is not written.
 *
 * @param gate address of the gate, of the type of y
 * @param weight address of the norm's weight, F32 [channels]
 * @param weightStands whether the weight may be read early, as {@link CudaCall#stands} tells
 * @param out address of what is made, of the type of y
 * @param squares where the sums go, F32 [rows, {@link CudaBody#gatedSums}]
 */
public record GatedRows(long gate, long weight, boolean weightStands, long out, long squares) {
  /** The structure Gate of kernels: all addresses. */
  public long[] words() {
    return new long[] {gate, weight, out, squares};
  }
}
