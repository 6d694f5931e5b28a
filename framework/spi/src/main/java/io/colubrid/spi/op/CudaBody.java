package io.colubrid.spi.op;

import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of an {@link Op} on an NVIDIA GPU. Its kernels are compiled into fatbins that lie beside
 * its class in the same jar.
 *
 * <p>Forward and backward are called once, when a program is bound to its memory: they do not
 * compute but say what shall be launched, and the program replays that as often as it runs. So they
 * may look at types and addresses, never at elements.
 */
public interface CudaBody extends OpBody {

  /**
   * An input, a state, of which forward reads everything; −1 for none. Kernels in front of it may
   * have the GPU's cache bring some of it from memory.
   */
  default int wholeState(List<@Nullable TensorType> inputs) {
    return -1;
  }

  /** Scratch bytes forward needs. */
  default long forwardWorkspace(List<@Nullable TensorType> inputs) {
    return 0;
  }

  /** Scratch bytes backward needs. */
  default long backwardWorkspace(List<@Nullable TensorType> inputs) {
    return 0;
  }

  /**
   * Launches what writes all of {@link CudaCall#output} and, if {@link CudaCall#saves}, of {@link
   * CudaCall#saved}.
   */
  void forward(CudaCall call);

  /** Launches what writes all of {@link CudaCall#inputGradient} for every input that wants one. */
  default void backward(CudaCall call) {
    throw new UnsupportedOperationException(getClass().getName() + " has no backward body");
  }

  /**
   * Whether forward is an RMS norm of a row, of {@linkplain RowNorm#isOfSome some} or of
   * {@linkplain RowNorm#isOfMany many}, to BF16, that the products beside it may make in its place,
   * as {@link #rowNorm} tells. Where they do, forward is not called, and unless there are many rows
   * the inputs stay as they are until the reader of output 0 has run. Layers outside of nn have no
   * need of it: they add and norm with {@code AddNorm}.
   */
  default boolean isRowNorm(List<@Nullable TensorType> inputs) {
    return false;
  }

  /** All that forward would launch where {@link #isRowNorm} holds. */
  default RowNorm rowNorm(CudaCall call) {
    throw new UnsupportedOperationException(getClass().getName() + " is no norm of a row");
  }

  /**
   * Whether forward is a step of a causal convolution of input 0, in BF16, that the product in
   * front may do in its place, as {@link #convolutionStep} tells. Where it does, forward is not
   * called. Nothing but such a step may read the part of the product that is its input. Layers
   * outside of nn have no need of it: they convolve with {@code CausalConv1d}.
   */
  default boolean isConvolutionStep(List<@Nullable TensorType> inputs) {
    return false;
  }

  /** All that forward would launch where {@link #isConvolutionStep} holds. */
  default ConvolutionStep convolutionStep(CudaCall call) {
    throw new UnsupportedOperationException(getClass().getName() + " is no step of a convolution");
  }

  /**
   * Whether forward, of some rows, may make what a norm of its gated output 0 is made of, as {@link
   * CudaCall#gatedRows} tells, if {@link #gatedSums} is not 0.
   */
  default boolean gatesRows(List<@Nullable TensorType> inputs) {
    return false;
  }

  /**
   * How many sums of squares of each row forward gives where it is told to gate them; 0 if it
   * cannot where things lie.
   */
  default long gatedSums(CudaCall call) {
    return 0;
  }

  /**
   * The input that forward can norm itself, −1 for none. If {@link CudaCall#rowNorm} is not null,
   * the elements of that input are not there: forward computes them from what it tells, rounded to
   * BF16, and one block writes {@link RowNorm#sum}, where there is one, for nodes behind. That
   * happens only where nothing but this input reads the norm, no other input is its sum, and
   * forward saves nothing.
   */
  default int normedInput(List<@Nullable TensorType> inputs) {
    return -1;
  }
}
