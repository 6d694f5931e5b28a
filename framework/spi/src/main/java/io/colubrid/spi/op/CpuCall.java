package io.colubrid.spi.op;

import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link CpuBody} is given. Segments are off-heap, 64-byte aligned, in native order, and as
 * long as their tensor.
 */
public interface CpuCall {
  /** Types of the inputs of forward; null for an absent one. */
  List<@Nullable TensorType> inputTypes();

  /** Whether an optional input is there. */
  boolean hasInput(int index);

  MemorySegment input(int index);

  MemorySegment output(int index);

  /** A tensor that the body declared as saved; present in a forward only if {@link #saves}. */
  MemorySegment saved(int index);

  /** Whether this forward will be followed by a backward, so that saved tensors must be written. */
  boolean saves();

  /** In backward: the gradient that arrives at an output; zeros where none does. */
  MemorySegment outputGradient(int index);

  /** In backward: whether the gradient of an input is wanted. */
  boolean wantsGradient(int index);

  /** In backward: where the gradient of an input goes; every element must be written. */
  MemorySegment inputGradient(int index);

  /** Scratch memory of the declared size, with whatever was in it before. */
  MemorySegment workspace();

  Parallel parallel();

  Blas blas();
}
