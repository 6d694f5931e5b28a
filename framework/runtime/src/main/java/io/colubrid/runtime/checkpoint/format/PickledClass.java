package io.colubrid.runtime.checkpoint.format;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A name that a state dict may ask for. Nothing else is looked up, and what these stand for is made
 * by our own code, so that a pickle cannot run anything.
 *
 * @param name module and name, as Python writes them
 * @param element of a class of storages
 */
record PickledClass(String name, @Nullable StoredType element) {
  private static final String ORDERED_DICT = "collections.OrderedDict";
  private static final String REBUILD_TENSOR = "torch._utils._rebuild_tensor_v2";
  private static final String REBUILD_PARAMETER = "torch._utils._rebuild_parameter";

  private static final Map<String, StoredType> STORAGES =
      Map.of(
          "torch.DoubleStorage", StoredType.F64,
          "torch.FloatStorage", StoredType.F32,
          "torch.HalfStorage", StoredType.F16,
          "torch.BFloat16Storage", StoredType.BF16,
          "torch.LongStorage", StoredType.I64,
          "torch.IntStorage", StoredType.I32,
          "torch.ShortStorage", StoredType.I16,
          "torch.CharStorage", StoredType.I8,
          "torch.ByteStorage", StoredType.U8,
          "torch.BoolStorage", StoredType.BOOL);

  private static final List<String> FUNCTIONS =
      List.of(ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER);

  /** The class of that name, if it is one of the few. */
  static Optional<PickledClass> named(String name) {
    StoredType element = STORAGES.get(name);
    return element != null || FUNCTIONS.contains(name)
        ? Optional.of(new PickledClass(name, element))
        : Optional.empty();
  }

  boolean makesDictionary() {
    return name.equals(ORDERED_DICT);
  }

  boolean makesTensor() {
    return name.equals(REBUILD_TENSOR);
  }

  boolean makesParameter() {
    return name.equals(REBUILD_PARAMETER);
  }
}
