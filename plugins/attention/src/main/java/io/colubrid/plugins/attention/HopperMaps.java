package io.colubrid.plugins.attention;

import io.colubrid.spi.op.CudaCall;

/**
 * Descriptions of tensors for the copy engine of Hopper GPUs, made on the GPU: {@link #MOST} of
 * them one after another in scratch memory, and a count.
 */
record HopperMaps(long address) {
  static final int MOST = 4;

  private static final int BYTES = 128;
  private static final int FIELDS = 6;

  /** Scratch bytes, wherever they begin. */
  static final long WORKSPACE = (MOST + 2) * BYTES;

  /**
   * Tensors of BF16 [batch, length, heads, headDim], of whose heads some rows are copied at once.
   */
  record Mapped(long address, long headDim, long length, long heads, long batch, long rows) {}

  /** Makes them. */
  static HopperMaps make(CudaCall call, long workspace, Mapped... tensors) {
    HopperMaps maps = new HopperMaps(Math.ceilDiv(workspace, BYTES) * BYTES);
    long[] fields = new long[MOST * FIELDS];
    for (int i = 0; i < tensors.length; i++) {
      Mapped tensor = tensors[i];
      fields[i * FIELDS] = tensor.address();
      fields[i * FIELDS + 1] = tensor.headDim();
      fields[i * FIELDS + 2] = tensor.length();
      fields[i * FIELDS + 3] = tensor.heads();
      fields[i * FIELDS + 4] = tensor.batch();
      fields[i * FIELDS + 5] = tensor.rows();
    }
    call.launch(
        "attention_maps",
        "attention_maps",
        CudaCall.Grid.of(1),
        32 * tensors.length,
        0,
        maps.address(),
        maps.count(),
        fields);
    return maps;
  }

  /** Address of a count that is zero whenever the maps were made. */
  long count() {
    return address + MOST * BYTES;
  }
}
