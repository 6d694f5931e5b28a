package io.colubrid.runtime.checkpoint;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.ParameterBinding.Slot;
import io.colubrid.runtime.checkpoint.format.SafetensorsWriter;
import io.colubrid.runtime.checkpoint.format.StoredTensor;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.checkpoint.format.StoredType;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The rules between a foreign checkpoint and a model: read forwards they import, backwards they
 * export.
 */
public record TensorRules(List<TensorRule> rules) {
  public TensorRules {
    rules = List.copyOf(rules);
  }

  /** Finds the piece of memory that holds a parameter, its gradient, or the like. */
  @FunctionalInterface
  public interface Piece extends Function<ModelParameter, Slot> {}

  /**
   * Reads the masters of all parameters. Element types are converted to the store's.
   *
   * @throws CheckpointMismatchException if any tensor is missing, left over or of another shape;
   *     then nothing was read
   */
  public void load(StoredTensors stored, ParameterStore store) throws IOException {
    Map<String, ModelParameter> parameters = byPath(store);
    requireRules(stored.toString(), parameters);
    Map<String, Shape> expected = new LinkedHashMap<>();
    for (TensorRule rule : rules) {
      List<Shape> shapes = rule.foreignShapes(shapes(rule, parameters));
      for (int i = 0; i < shapes.size(); i++) {
        expected.put(rule.foreign().get(i), shapes.get(i));
      }
    }
    TensorFit.require(stored, expected);
    rules.forEach(rule -> load(rule, stored, store, parameters));
  }

  private static void load(
      TensorRule rule,
      StoredTensors stored,
      ParameterStore store,
      Map<String, ModelParameter> parameters) {
    DType dtype = store.precision().master();
    List<MemorySegment> from =
        rule.foreign().stream().map(name -> elements(stored.tensor(name), dtype)).toList();
    List<ModelParameter> to = ours(rule, parameters);
    List<MemorySegment> copies =
        to.stream().map(parameter -> copy(store.master(parameter), parameter)).toList();
    long width = dtype.bytes();
    rule.forEachRun(
        shapes(rule, parameters),
        (foreign, foreignAt, ours, oursAt, count) ->
            MemorySegment.copy(
                from.get(foreign),
                foreignAt * width,
                copies.get(ours),
                oursAt * width,
                count * width));
    for (int i = 0; i < copies.size(); i++) {
      Slot slot = store.master(to.get(i));
      slot.storage().write(slot.offset(), copies.get(i));
    }
  }

  /**
   * Brings what belongs to the parameters, such as masters or gradients, under the foreign names
   * and into the foreign shapes.
   *
   * @param piece where each parameter's elements lie
   */
  public Map<String, ForeignTensor> export(ParameterStore store, Piece piece) {
    Map<String, ModelParameter> parameters = byPath(store);
    Map<String, ForeignTensor> exported = new LinkedHashMap<>();
    for (TensorRule rule : rules) {
      List<ModelParameter> ours = ours(rule, parameters);
      List<Shape> ourShapes = shapes(rule, parameters);
      List<Shape> shapes = rule.foreignShapes(ourShapes);
      List<ForeignTensor> tensors = new ArrayList<>();
      List<MemorySegment> copies =
          ours.stream().map(parameter -> copy(piece.apply(parameter), parameter)).toList();
      for (int i = 0; i < shapes.size(); i++) {
        tensors.add(ForeignTensor.zeros(store.precision().master(), shapes.get(i)));
        exported.put(rule.foreign().get(i), tensors.get(i));
      }
      rule.forEachRun(
          ourShapes,
          (foreign, foreignAt, mine, oursAt, count) ->
              tensors.get(foreign).fill(foreignAt, copies.get(mine), oursAt, count));
    }
    return exported;
  }

  /** Streams the masters of all parameters as a safetensors file of the foreign format. */
  public void save(ParameterStore store, WritableByteChannel channel) throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    StoredType type = store.precision().master() == DType.F64 ? StoredType.F64 : StoredType.F32;
    export(store, store::master)
        .forEach((name, tensor) -> writer.add(name, type, tensor.extents(), tensor.elements()));
    writer.writeTo(channel);
  }

  /** A parameter's elements on the host, which runs of them are cheap to take from. */
  private static MemorySegment copy(Slot slot, ModelParameter parameter) {
    MemorySegment copy = ForeignTensor.zeros(slot.dtype(), parameter.shape()).elements();
    slot.storage().read(slot.offset(), copy);
    return copy;
  }

  private static Map<String, ModelParameter> byPath(ParameterStore store) {
    return store.parameters().stream()
        .collect(
            Collectors.toMap(
                ModelParameter::path, Function.identity(), (a, b) -> a, LinkedHashMap::new));
  }

  /** A config edited after it was read can have parameters that the format knows nothing of. */
  private void requireRules(String checkpoint, Map<String, ModelParameter> parameters)
      throws CheckpointMismatchException {
    Set<String> ruled = new LinkedHashSet<>();
    List<String> problems = new ArrayList<>();
    for (TensorRule rule : rules) {
      for (String path : rule.ours()) {
        ruled.add(path);
        if (!parameters.containsKey(path)) {
          problems.add(String.join(", ", rule.foreign()) + ": the model has no parameter " + path);
        }
      }
    }
    for (ModelParameter parameter : parameters.values()) {
      if (!ruled.contains(parameter.path())) {
        problems.add(parameter + ": the format has no tensor for this parameter");
      }
    }
    if (!problems.isEmpty()) {
      throw new CheckpointMismatchException(checkpoint, problems);
    }
  }

  private static List<Shape> shapes(TensorRule rule, Map<String, ModelParameter> parameters) {
    return ours(rule, parameters).stream().map(ModelParameter::shape).toList();
  }

  private static List<ModelParameter> ours(
      TensorRule rule, Map<String, ModelParameter> parameters) {
    return rule.ours().stream()
        .map(path -> Objects.requireNonNull(parameters.get(path), path))
        .toList();
  }

  private static MemorySegment elements(StoredTensor tensor, DType dtype) {
    return dtype == DType.F64
        ? MemorySegment.ofArray(tensor.toDoubles())
        : MemorySegment.ofArray(tensor.toFloats());
  }
}
