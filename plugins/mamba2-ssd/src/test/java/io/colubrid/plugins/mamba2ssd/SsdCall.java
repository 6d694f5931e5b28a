package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.spi.op.Blas;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.op.Parallel;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Calls the body without an engine. All that it must write is poisoned with NaN before. */
final class SsdCall implements CpuCall {
  private final List<TensorType> types;
  private final CpuBody body;
  private final boolean saves;
  private final Parallel parallel;
  private final List<MemorySegment> inputs = new ArrayList<>();
  private final List<MemorySegment> gradients = new ArrayList<>();
  private final List<MemorySegment> saved;
  private final MemorySegment y;
  private MemorySegment workspace = MemorySegment.NULL;
  private MemorySegment outputGradient = MemorySegment.NULL;

  SsdCall(SsdCase at, int chunk, float[][] data, boolean saves, int threads) {
    types = at.types();
    body = at.op(chunk).cpuBody();
    this.saves = saves;
    parallel = new PlainParallel(threads);
    for (float[] values : data) {
      inputs.add(floats(values));
      gradients.add(poisoned(4L * values.length));
    }
    inputs.add(at.segments() == null ? null : ints(at.segments()));
    saved = body.saved(types).stream().map(type -> poisoned(type.bytes())).toList();
    y = poisoned(at.op(chunk).outputs(types).getFirst().bytes());
  }

  private static MemorySegment floats(float[] values) {
    MemorySegment segment = Arena.ofAuto().allocate(4L * values.length, 64);
    MemorySegment.copy(values, 0, segment, JAVA_FLOAT, 0, values.length);
    return segment;
  }

  private static MemorySegment ints(int[] values) {
    MemorySegment segment = Arena.ofAuto().allocate(4L * values.length, 64);
    MemorySegment.copy(values, 0, segment, JAVA_INT, 0, values.length);
    return segment;
  }

  private static MemorySegment poisoned(long bytes) {
    MemorySegment segment = Arena.ofAuto().allocate(bytes, 64);
    for (long at = 0; at + 4 <= bytes; at += 4) {
      segment.set(JAVA_FLOAT, at, Float.NaN);
    }
    return segment;
  }

  SsdCall forward() {
    workspace = poisoned(body.forwardWorkspace(types, parallel.threads()));
    body.forward(this);
    return this;
  }

  SsdCall backward(float[] gradient) {
    outputGradient = floats(gradient);
    workspace = poisoned(body.backwardWorkspace(types, parallel.threads()));
    body.backward(this);
    return this;
  }

  float[] y() {
    return y.toArray(JAVA_FLOAT);
  }

  float[] state() {
    return inputs.get(Ssd.STATE).toArray(JAVA_FLOAT);
  }

  float[] gradient(int input) {
    return gradients.get(input).toArray(JAVA_FLOAT);
  }

  @Override
  public List<TensorType> inputTypes() {
    return types;
  }

  @Override
  public boolean hasInput(int index) {
    return inputs.get(index) != null;
  }

  @Override
  public MemorySegment input(int index) {
    return inputs.get(index);
  }

  @Override
  public MemorySegment output(int index) {
    return index == 0 ? y : inputs.get(Ssd.STATE);
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
    return outputGradient;
  }

  @Override
  public boolean wantsGradient(int index) {
    return types.get(index).dtype().isFloating();
  }

  @Override
  public MemorySegment inputGradient(int index) {
    return gradients.get(index);
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
    return new PlainBlas();
  }
}
