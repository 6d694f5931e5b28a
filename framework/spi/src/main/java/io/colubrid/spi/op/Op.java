package io.colubrid.spi.op;

import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operation outside the vocabulary of {@link Ops}, with a definition and, where speed asks for
 * it, a body a kind of device. Its attributes are its fields, so an operation is best a record.
 *
 * <p>Inputs are given in a fixed order; an optional one that is absent is null here and in bodies.
 */
public interface Op {

  /** Short name for profiles, errors and plans, such as {@code selective-scan}. */
  String name();

  /**
   * Types of the outputs.
   *
   * @throws ShapeException if the inputs do not fit
   */
  List<TensorType> outputs(List<@Nullable TensorType> inputs);

  /**
   * The input that an output overwrites in place, or −1. Only states and optimizer slots can be
   * overwritten; the output is then the advanced state.
   */
  default int inPlaceOf(int output) {
    return -1;
  }

  /**
   * The definition: the same outputs, composed of the vocabulary. It is what every body is tested
   * against, what runs where there is no body, and what runs in F64.
   */
  List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs);

  /** Multiply-adds counted as two, as the algorithm in use does them. */
  default long flops(List<@Nullable TensorType> inputs) {
    return 0;
  }

  /** The body for the CPU, or null where the definition is all there is. */
  default @Nullable CpuBody cpuBody() {
    return null;
  }

  /**
   * Whether the body for the CPU does without the Vector API, or with it only where the JVM has it.
   * Elsewhere the definition runs in place of a body that does not.
   */
  default boolean runsWithoutVectors() {
    return false;
  }

  /** The body for NVIDIA GPUs, or null where the definition is all there is. */
  default @Nullable CudaBody cudaBody() {
    return null;
  }
}
