package io.colubrid.testkit.trial;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Blas;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Parallel;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls the body of an operation by itself, without an engine. All that the body must write holds
 * NaNs before, and so does its workspace.
 */
public final class BodyCall implements CpuCall {
  private final List<@Nullable TensorType> types;
  private final List<@Nullable MemorySegment> inputs;
  private final List<MemorySegment> outputs = new ArrayList<>();
  private final List<MemorySegment> saved = new ArrayList<>();
  private final List<@Nullable MemorySegment> inputGradients = new ArrayList<>();
  private final CpuBody body;
  private final boolean saves;
  private final Parallel parallel;
  private final Blas blas = new PlainBlas();
  private MemorySegment workspace = MemorySegment.NULL;
  private List<MemorySegment> outputGradients = List.of();

  /**
   * @param op an operation with a body for the CPU
   * @param types of its inputs, null for absent ones
   * @param inputs off the heap, as long as their types; those that the operation overwrites in
   *     place are overwritten
   * @param saves whether {@link #backward} follows
   * @param threads how many the body is told that it has
   */
  public BodyCall(
      Op op,
      List<@Nullable TensorType> types,
      List<@Nullable MemorySegment> inputs,
      boolean saves,
      int threads) {
    this.types = types;
    this.inputs = inputs;
    this.body = requireNonNull(op.cpuBody(), op.name() + " has no body for the CPU");
    this.saves = saves;
    this.parallel = new PlainParallel(threads);
    List<TensorType> results = op.outputs(types);
    for (int i = 0; i < results.size(); i++) {
      int overwritten = op.inPlaceOf(i);
      outputs.add(overwritten < 0 ? OffHeap.poisoned(results.get(i).bytes()) : input(overwritten));
    }
    if (saves) {
      body.saved(types).forEach(type -> saved.add(OffHeap.poisoned(type.bytes())));
    }
    for (TensorType type : types) {
      inputGradients.add(
          type != null && type.dtype().isFloating() ? OffHeap.poisoned(type.bytes()) : null);
    }
  }

  public BodyCall forward() {
    workspace = OffHeap.poisoned(body.forwardWorkspace(types, parallel.threads()));
    body.forward(this);
    return this;
  }

  /**
   * @param gradients of the outputs, in their order; the last ones may be left out where the body
   *     does not ask for them
   */
  public BodyCall backward(MemorySegment... gradients) {
    workspace = OffHeap.poisoned(body.backwardWorkspace(types, parallel.threads()));
    outputGradients = List.of(gradients);
    body.backward(this);
    return this;
  }

  @Override
  public List<@Nullable TensorType> inputTypes() {
    return types;
  }

  @Override
  public boolean hasInput(int index) {
    return index < inputs.size() && inputs.get(index) != null;
  }

  @Override
  public MemorySegment input(int index) {
    return requireNonNull(inputs.get(index));
  }

  @Override
  public MemorySegment output(int index) {
    return outputs.get(index);
  }

  @Override
  public MemorySegment saved(int index) {
    return saved.get(index);
  }

  @Override
  public boolean saves() {
    return saves;
  }

  @Override
  public MemorySegment outputGradient(int index) {
    return outputGradients.get(index);
  }

  @Override
  public boolean wantsGradient(int index) {
    return inputGradients.get(index) != null;
  }

  @Override
  public MemorySegment inputGradient(int index) {
    return requireNonNull(inputGradients.get(index));
  }

  @Override
  public MemorySegment workspace() {
    return workspace;
  }

  @Override
  public Parallel parallel() {
    return parallel;
  }

  @Override
  public Blas blas() {
    return blas;
  }
}
