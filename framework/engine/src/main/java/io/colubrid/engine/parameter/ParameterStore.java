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
 * a place, so that gradients can be reduced across devices in a few calls, and updated in a few
 * launches: parameters that are treated alike lie side by side.
 */
public final class ParameterStore implements ParameterBinding, AutoCloseable {
  private static final long ALIGNMENT = 128;

  private final Memory memory;
  private final Precision precision;
  private final List<ModelParameter> parameters;
  private final Map<ModelParameter, Long> places = new HashMap<>();
  private final List<ParameterStretch> stretches = new ArrayList<>();
  private final Map<String, Storage> slots = new HashMap<>();
  private final long bytes;
  private final Storage masters;
  private final @Nullable Storage shadows;
  private @Nullable Storage gradients;

  public ParameterStore(Memory memory, Precision precision, List<ModelParameter> parameters) {
    this.memory = memory;
    this.precision = precision;
    this.parameters = List.copyOf(parameters);
    this.bytes = place();
    this.masters = memory.allocate("parameters", bytes);
    this.shadows =
        precision == Precision.BF16
            ? memory.allocate("bf16 parameters", shadowPlace(shadowedBytes()))
            : null;
  }

  private boolean isShadowed(ModelParameter parameter) {
    return precision == Precision.BF16 && !parameter.role().alwaysF32();
  }

  /** Those with copies come first, so that a copy lies at the same element as its master. */
  private long place() {
    long end = 0;
    for (boolean copied : new boolean[] {true, false}) {
      for (boolean decays : new boolean[] {true, false}) {
        long from = end;
        for (ModelParameter parameter : parameters) {
          if (isShadowed(parameter) == copied && parameter.role().decays() == decays) {
            places.put(parameter, end);
            long size = new TensorType(precision.master(), parameter.shape()).bytes();
            end += Math.ceilDiv(size, ALIGNMENT) * ALIGNMENT;
          }
        }
        if (end > from) {
          stretches.add(new ParameterStretch(from, end - from, decays, copied));
        }
      }
    }
    return end;
  }

  private long shadowedBytes() {
    return stretches.stream()
        .filter(ParameterStretch::shadowed)
        .mapToLong(stretch -> stretch.offset() + stretch.bytes())
        .max()
        .orElse(0);
  }

  private static long shadowPlace(long place) {
    return place / DType.F32.bytes() * DType.BF16.bytes();
  }

  /** Parameters that lie side by side and are updated alike; together they are all. */
  public List<ParameterStretch> stretches() {
    return List.copyOf(stretches);
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
  public Slot at(Storage piece, Parameter parameter) {
    Long place = places.get(base(parameter));
    if (place == null) {
      throw new IllegalArgumentException(parameter.path() + " is not of this model");
    }
    DType dtype = precision.master();
    long rows = parameter instanceof ParameterRows part ? part.offset() * dtype.bytes() : 0;
    return new Slot(piece, place + rows, dtype);
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
    return at(masters, parameter);
  }

  /** All masters as one piece, with zeros between parameters. */
  public Storage allMasters() {
    return masters;
  }

  /** The BF16 copy of a stretch, or null where it has none. */
  public @Nullable Slot shadow(ParameterStretch stretch) {
    Storage storage = shadows;
    return storage == null || !stretch.shadowed()
        ? null
        : new Slot(storage, shadowPlace(stretch.offset()), DType.BF16);
  }

  @Override
  public @Nullable Slot shadow(Parameter parameter) {
    Storage storage = shadows;
    if (storage == null || !isShadowed(base(parameter))) {
      return null;
    }
    Slot master = master(parameter);
    return new Slot(storage, shadowPlace(master.offset()), DType.BF16);
  }

  @Override
  public @Nullable Slot gradient(Parameter parameter) {
    Storage storage = gradients;
    return storage == null ? null : at(storage, parameter);
  }

  private static ModelParameter base(Parameter parameter) {
    return switch (parameter) {
      case ModelParameter whole -> whole;
      case ParameterRows rows -> rows.base();
      default -> throw new IllegalArgumentException(parameter.path() + " is not of this model");
    };
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
