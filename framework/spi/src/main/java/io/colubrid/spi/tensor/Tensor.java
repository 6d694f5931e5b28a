package io.colubrid.spi.tensor;

/**
 * A handle on a value in a recording: its element type and shape are known, its elements are
 * computed when the recording runs. So a layer cannot read elements, and cannot branch on them; the
 * same recording serves the CPU, a CUDA graph, and a plan that computes nothing.
 */
public interface Tensor {
  TensorType type();

  default Shape shape() {
    return type().shape();
  }

  default DType dtype() {
    return type().dtype();
  }

  default long dim(int axis) {
    return shape().dim(axis);
  }
}
