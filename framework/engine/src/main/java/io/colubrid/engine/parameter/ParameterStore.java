package io.colubrid.engine.parameter;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The storage of a model's parameters on one device: masters, and where asked for BF16 copies,
 * gradients and optimizer slots. Each of these is one contiguous piece in which every parameter has
 * a place, so that gradients can be reduced across devices in a few calls.
 */
public final class ParameterStore implements ParameterBinding, AutoCloseable {
  private static final long ALIGNMENT = 64;

  private final Memory memory;
  private final Precision precision;
  private final List<ModelParameter> parameters;
  private final Map<ModelParameter, Long> places = new HashMap<>();
  private final Map<ModelParameter, Long> shadowPlaces = new HashMap<>();
  private final Map<String, Storage> slots = new HashMap<>();
  private final long bytes;
  private final Storage masters;
  private final @Nullable Storage shadows;
  private @Nullable Storage gradients;

  public ParameterStore(Memory memory, Precision precision, List<ModelParameter> parameters) {
    this.memory = memory;
    this.precision = precision;
    this.parameters = List.copyOf(parameters);
    this.bytes = place(parameters, precision.master(), places);
    this.masters = memory.allocate("parameters", bytes);
    if (precision == Precision.BF16) {
      List<ModelParameter> matrices =
          parameters.stream().filter(ParameterStore::isShadowed).toList();
      long shadowBytes = place(matrices, DType.BF16, shadowPlaces);
      this.shadows = memory.allocate("bf16 parameters", shadowBytes);
    } else {
      this.shadows = null;
    }
  }

  private static boolean isShadowed(ModelParameter parameter) {
    return !parameter.role().alwaysF32();
  }

  private static long place(
      List<ModelParameter> parameters, DType dtype, Map<ModelParameter, Long> places) {
    long end = 0;
    for (ModelParameter parameter : parameters) {
      places.put(parameter, end);
      long size = new TensorType(dtype, parameter.shape()).bytes();
      end += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    return end;
  }

  public List<ModelParameter> parameters() {
    return parameters;
  }

  public Precision precision() {
    return precision;
  }

  /** Number of weights, each counted once however many names it has. */
  public long count() {
    return parameters.stream().mapToLong(parameter -> parameter.shape().elements()).sum();
  }

  /** Makes room for gradients, and wants them from now on. */
  public void enableGradients() {
    if (gradients == null) {
      gradients = memory.allocate("gradients", bytes);
    }
  }

  /** All gradients as one piece, with zeros between parameters. */
  public Storage gradients() {
    if (gradients == null) {
      throw new IllegalStateException("no gradients were asked for");
    }
    return gradients;
  }

  /** Makes room for an optimizer's tensor of every parameter, zeroed; or finds it. */
  public Storage slot(String name) {
    return slots.computeIfAbsent(name, key -> memory.allocate("optimizer " + name, bytes));
  }

  /** A parameter's place in one of the pieces that hold all parameters. */
  public Slot at(Storage piece, ModelParameter parameter) {
    return within(piece, parameter, places, precision.master());
  }

  @Override
  public DType masters() {
    return precision.master();
  }

  @Override
  public DType products() {
    return precision == Precision.BF16 ? DType.BF16 : precision.master();
  }

  @Override
  public Slot master(Parameter parameter) {
    return within(masters, parameter, places, precision.master());
  }

  @Override
  public @Nullable Slot shadow(Parameter parameter) {
    Storage storage = shadows;
    return storage == null || !shadowPlaces.containsKey(base(parameter))
        ? null
        : within(storage, parameter, shadowPlaces, DType.BF16);
  }

  @Override
  public @Nullable Slot gradient(Parameter parameter) {
    Storage storage = gradients;
    return storage == null ? null : within(storage, parameter, places, precision.master());
  }

  private static ModelParameter base(Parameter parameter) {
    return switch (parameter) {
      case ModelParameter whole -> whole;
      case ParameterRows rows -> rows.base();
      default -> throw new IllegalArgumentException(parameter.path() + " is not of this model");
    };
  }

  private static Slot within(
      Storage storage, Parameter parameter, Map<ModelParameter, Long> places, DType dtype) {
    Long place = places.get(base(parameter));
    if (place == null) {
      throw new IllegalArgumentException(parameter.path() + " is not of this model");
    }
    long rows = parameter instanceof ParameterRows part ? part.offset() * dtype.bytes() : 0;
    return new Slot(storage, place + rows, dtype);
  }

  @Override
  public void close() {
    List<Storage> pieces = new ArrayList<>(slots.values());
    pieces.add(masters);
    if (shadows != null) {
      pieces.add(shadows);
    }
    if (gradients != null) {
      pieces.add(gradients);
    }
    pieces.forEach(Storage::close);
  }
}
