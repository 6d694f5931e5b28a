package io.colubrid.runtime.checkpoint.format;

import java.util.List;

/**
 * What a pickle says of a tensor: a view of a storage, all counted in elements.
 *
 * @param offset of the first element in the storage
 * @param strides from one index to the next, one an axis
 */
record PickledTensor(Storage storage, long offset, List<Long> shape, List<Long> strides) {

  /**
   * Elements of one type in a piece of the file.
   *
   * @param key names the piece
   */
  record Storage(StoredType type, String key, long elements) {}

  /** Whether the elements stand side by side in row-major order. */
  boolean isContiguous() {
    long expected = 1;
    for (int axis = shape.size() - 1; axis >= 0; axis--) {
      if (shape.get(axis) != 1 && strides.get(axis) != expected) {
        return false;
      }
      expected *= shape.get(axis);
    }
    return true;
  }

  /**
   * Number of elements.
   *
   * @throws ArithmeticException beyond 2⁶³
   */
  long count() {
    long count = 1;
    for (long extent : shape) {
      count = Math.multiplyExact(count, extent);
    }
    return count;
  }

  /**
   * Index behind the last element in the storage.
   *
   * @throws ArithmeticException beyond 2⁶³
   */
  long end() {
    long last = offset;
    for (int axis = 0; axis < shape.size(); axis++) {
      if (shape.get(axis) == 0) {
        return offset;
      }
      last = Math.addExact(last, Math.multiplyExact(shape.get(axis) - 1, strides.get(axis)));
    }
    return Math.addExact(last, 1);
  }
}
