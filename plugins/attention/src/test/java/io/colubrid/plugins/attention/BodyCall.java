package io.colubrid.plugins.attention;

import io.colubrid.spi.op.Blas;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Parallel;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Calls a body without an engine. All that it must write is poisoned with NaN before. */
final class BodyCall implements CpuCall {
  private final List<TensorType> types;
  private final List<MemorySegment> inputs;
  private final List<MemorySegment> outputs = new ArrayList<>();
  private final List<MemorySegment> saved;
  private final List<MemorySegment> inputGradients;
  private final CpuBody body;
  private final Parallel parallel;
  private final Blas blas;
  private MemorySegment forwardWorkspace = MemorySegment.NULL;
  private MemorySegment backwardWorkspace = MemorySegment.NULL;
  private MemorySegment workspace = MemorySegment.NULL;
  private MemorySegment outputGradient = MemorySegment.NULL;

  BodyCall(Op op, Parallel parallel, Blas blas, List<TensorType> types, List<MemorySegment> data) {
    this.types = types;
    this.inputs = data;
    this.body = op.cpuBody();
    this.parallel = parallel;
    this.blas = blas;
    List<TensorType> outputTypes = op.outputs(types);
    for (int i = 0; i < outputTypes.size(); i++) {
      int overwritten = op.inPlaceOf(i);
      outputs.add(
          overwritten >= 0
              ? inputs.get(overwritten)
              : OffHeap.poisoned(outputTypes.get(i).bytes()));
    }
    saved = body.saved(types).stream().map(t -> OffHeap.poisoned(t.bytes())).toList();
    inputGradients =
        IntStream.range(0, types.size())
            .mapToObj(i -> types.get(i) == null ? null : OffHeap.poisoned(types.get(i).bytes()))
            .toList();
  }

  BodyCall forward() {
    forwardWorkspace = OffHeap.poisoned(body.forwardWorkspace(types, parallel.threads()));
    workspace = forwardWorkspace;
    body.forward(this);
    return this;
  }

  BodyCall backward(MemorySegment gradient) {
    backwardWorkspace = OffHeap.poisoned(body.backwardWorkspace(types, parallel.threads()));
    workspace = backwardWorkspace;
    outputGradient = gradient;
    body.backward(this);
    return this;
  }

  /** Forward and backward again, in the memory of the last time. */
  void forwardOnly() {
    workspace = forwardWorkspace;
    body.forward(this);
  }

  void backwardOnly() {
    workspace = backwardWorkspace;
    body.backward(this);
  }

  @Override
  public List<TensorType> inputTypes() {
    return types;
  }

  @Override
  public boolean hasInput(int index) {
    return index < inputs.size() && inputs.get(index) != null;
  }

  @Override
  public MemorySegment input(int index) {
    return inputs.get(index);
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
    return !saved.isEmpty();
  }

  @Override
  public MemorySegment outputGradient(int index) {
    return outputGradient;
  }

  @Override
  public boolean wantsGradient(int index) {
    return types.get(index).dtype().isFloating();
  }

  @Override
  public MemorySegment inputGradient(int index) {
    return inputGradients.get(index);
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
