package io.colubrid.nn;

import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks the operands of an operation against one another.
 *
 * @param operation its name, for messages
 * @param types types of its inputs
 */
public record OperandShapes(String operation, List<@Nullable TensorType> types) {

  /** The type of an operand that must be there and have a number of axes. */
  public TensorType require(int index, String operand, int rank) {
    TensorType type = types.get(index);
    if (type == null || type.shape().rank() != rank) {
      throw new ShapeException(
          "%s: %s must have %d axes, but is %s"
              .formatted(operation, operand, rank, type == null ? "absent" : type));
    }
    return type;
  }

  /** Demands that an operand has a shape. */
  public void require(int index, String operand, Shape expected) {
    TensorType type = types.get(index);
    if (type == null || !type.shape().equals(expected)) {
      throw new ShapeException(
          "%s: %s must be %s to fit the other operands, but is %s"
              .formatted(operation, operand, expected, type == null ? "absent" : type));
    }
  }

  /** Demands that an operand has a shape if it is there. */
  public void allow(int index, String operand, Shape expected) {
    if (types.get(index) != null) {
      require(index, operand, expected);
    }
  }
}
