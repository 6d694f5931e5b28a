package io.colubrid.engine.tape;

import io.colubrid.engine.memory.Storage;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.DType;
import org.jspecify.annotations.Nullable;

/** Says where the elements of a parameter lie. */
public interface ParameterBinding {

  /** The dtype of masters. */
  DType masters();

  /** The dtype of the matrices in products. */
  DType products();

  /** The masters of a parameter, or of some of its rows. */
  Slot master(Parameter parameter);

  /**
   * A copy of the parameter for matrix products in the model's precision, or null for the masters.
   */
  @Nullable Slot shadow(Parameter parameter);

  /** Where gradients are added up, or null where none are wanted. */
  @Nullable Slot gradient(Parameter parameter);

  /**
   * Elements in a storage.
   *
   * @param storage the storage
   * @param offset bytes before the first element
   * @param dtype element type
   */
  record Slot(Storage storage, long offset, DType dtype) {}
}
