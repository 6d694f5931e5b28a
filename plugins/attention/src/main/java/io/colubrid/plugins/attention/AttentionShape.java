package io.colubrid.plugins.attention;

import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Extents of one attention: queries [batch, length, heads, headDim] against keys and values [batch,
 * keys, kvHeads, headDim]. Consecutive {@link #group} query heads share one head of keys.
 */
record AttentionShape(long batch, long length, long heads, long headDim, long keys, long kvHeads) {

  /**
   * @param keys type of the keys, and of the values
   * @throws ShapeException if they do not fit
   */
  static AttentionShape of(
      String op,
      @Nullable TensorType query,
      @Nullable TensorType keys,
      @Nullable TensorType values) {
    if (query == null || keys == null || values == null) {
      throw new ShapeException(op + " needs queries, keys and values");
    }
    Shape q = query.shape();
    Shape k = keys.shape();
    if (q.rank() != 4
        || k.rank() != 4
        || !keys.equals(values)
        || query.dtype() != keys.dtype()
        || !query.dtype().isFloating()
        || q.dim(0) != k.dim(0)
        || q.dim(3) != k.dim(3)
        || k.dim(2) == 0
        || q.dim(2) % k.dim(2) != 0) {
      throw new ShapeException(
          op
              + ": expected floating queries [batch, length, heads, headDim] and keys and values"
              + " [batch, keys, kvHeads, headDim] of one dtype, with kvHeads dividing heads; found "
              + query
              + ", "
              + keys
              + " and "
              + values);
    }
    return new AttentionShape(q.dim(0), q.dim(1), q.dim(2), q.dim(3), k.dim(1), k.dim(2));
  }

  /** Requires that an optional input, where it is there, is I32 of a shape. */
  static void requireI32(String op, String name, @Nullable TensorType type, Shape shape) {
    if (type != null && !(type.dtype() == DType.I32 && type.shape().equals(shape))) {
      throw new ShapeException(op + ": expected " + name + " i32" + shape + "; found " + type);
    }
  }

  static @Nullable TensorType optional(List<@Nullable TensorType> inputs, int index) {
    return index < inputs.size() ? inputs.get(index) : null;
  }

  /** Query heads that share one head of keys and values. */
  long group() {
    return heads / kvHeads;
  }

  /** Elements from one query of a head to the next. */
  long queryStride() {
    return heads * headDim;
  }

  /** Elements from one key of a head to the next. */
  long keyStride() {
    return kvHeads * headDim;
  }

  /** Element at which a query of a head begins. */
  long queryAt(long row, long position, long head) {
    return ((row * length + position) * heads + head) * headDim;
  }

  /** Element at which a key of a head begins. */
  long keyAt(long row, long key, long kvHead) {
    return ((row * keys + key) * kvHeads + kvHead) * headDim;
  }
}
