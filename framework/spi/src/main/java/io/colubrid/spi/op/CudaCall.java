package io.colubrid.spi.op;

import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link CudaBody} is given: addresses on the device, and the means to launch kernels. */
public interface CudaCall {
  /** Types of the inputs of forward; null for an absent one. */
  List<@Nullable TensorType> inputTypes();

  /** Whether an optional input is there. */
  boolean hasInput(int index);

  /** Address of an input; 0 for an absent one, which kernels see as a null pointer. */
  long input(int index);

  /**
   * Whether an input was there before the program began and nothing in the program has written it
   * yet, as with parameters and with states that come in. A kernel that begins early may read such
   * an input before it waits for its predecessor. An absent input stands too: nothing of it is
   * read.
   */
  default boolean stands(int index) {
    return !hasInput(index);
  }

  long output(int index);

  /** A tensor that the body declared as saved; 0 in a forward that does not save. */
  long saved(int index);

  /** Whether this forward will be followed by a backward, so that saved tensors must be written. */
  boolean saves();

  /** In backward: the gradient that arrives at an output; zeros where none does. */
  long outputGradient(int index);

  /** In backward: whether the gradient of an input is wanted. */
  boolean wantsGradient(int index);

  /** In backward: where the gradient of an input goes; 0 if it is not wanted. */
  long inputGradient(int index);

  /**
   * Scratch memory of the declared size, with whatever was in it before; 0 if none was asked for.
   */
  long workspace();

  /**
   * How to make the elements of {@link CudaBody#normedInput}, which are not to be read then; null
   * if they are there, as always for bodies that name no such input.
   */
  default @Nullable RowNorm rowNorm() {
    return null;
  }

  /**
   * What to make of output 0 in its place, for bodies that say that they {@linkplain
   * CudaBody#gatesRows can}; null for the output itself.
   */
  default @Nullable GatedRows gatedRows() {
    return null;
  }

  /** Multiprocessors of the GPU. */
  int multiprocessors();

  /** Compute capability of the GPU, such as 90 for 9.0; kernels of an architecture ask for it. */
  int capability();

  /**
   * Adds a launch.
   *
   * @param fatbin name of the fatbin beside the body's class, without its ending
   * @param kernel name of the kernel in it
   * @param grid blocks
   * @param threads threads of a block
   * @param sharedBytes dynamic shared memory of a block
   * @param arguments the kernel's, in its order: Long for addresses and 64-bit numbers, Integer,
   *     Float, Double, or long[] for a structure of 64-bit numbers
   */
  void launch(
      String fatbin, String kernel, Grid grid, int threads, int sharedBytes, Object... arguments);

  /**
   * Adds a launch that may begin while its predecessor still runs, which hides what starting a
   * small kernel costs. Each of its threads has to execute {@code griddepcontrol.wait} before it
   * reads or writes anything but inputs that {@linkplain #stands stand}, also where it then does
   * nothing. On GPUs of another capability than 9.0 this is an ordinary launch.
   */
  default void launchEarly(
      String fatbin, String kernel, Grid grid, int threads, int sharedBytes, Object... arguments) {
    launch(fatbin, kernel, grid, threads, sharedBytes, arguments);
  }

  /**
   * {@link #launchEarly} where all that the kernel reads before it waits {@link #stands}, else an
   * ordinary launch.
   *
   * @param stands whether all inputs that the kernel reads before it waits stand
   */
  default void launchEarlyIf(
      boolean stands,
      String fatbin,
      String kernel,
      Grid grid,
      int threads,
      int sharedBytes,
      Object... arguments) {
    if (stands) {
      launchEarly(fatbin, kernel, grid, threads, sharedBytes, arguments);
    } else {
      launch(fatbin, kernel, grid, threads, sharedBytes, arguments);
    }
  }

  /** Adds the clearing of some device memory to zero bytes. */
  void clear(long address, long bytes);

  /** Blocks of a launch; one with an empty side launches nothing. */
  record Grid(long x, long y, long z) {
    public static Grid of(long x) {
      return new Grid(x, 1, 1);
    }

    public boolean isEmpty() {
      return x == 0 || y == 0 || z == 0;
    }
  }
}
