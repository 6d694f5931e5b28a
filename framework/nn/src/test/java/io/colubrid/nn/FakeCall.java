package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.spi.op.Blas;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Parallel;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Runs a body outside the engine, on segments of its own. Memory that the body must write holds
 * NaNs before.
 */
final class FakeCall implements CpuCall {
  private static final int NAN = Float.floatToRawIntBits(Float.NaN);

  private final Arena arena = Arena.ofAuto();
  private final Parallel parallel;
  private final boolean saves;
  private final CpuBody body;
  private final List<@Nullable TensorType> types;
  private final List<@Nullable MemorySegment> inputs = new ArrayList<>();
  private final List<MemorySegment> outputs = new ArrayList<>();
  private final List<MemorySegment> saved = new ArrayList<>();
  private final List<@Nullable MemorySegment> outputGradients = new ArrayList<>();
  private final List<@Nullable MemorySegment> inputGradients = new ArrayList<>();
  private MemorySegment workspace;

  FakeCall(
      DifferentiableOp op,
      CpuBody body,
      List<@Nullable TensorType> types,
      Parallel parallel,
      boolean saves) {
    this.body = body;
    this.types = types;
    this.parallel = parallel;
    this.saves = saves;
    for (TensorType type : types) {
      inputs.add(type == null ? null : poisoned(type.bytes()));
    }
    List<TensorType> results = op.outputs(types);
    for (int i = 0; i < results.size(); i++) {
      int overwritten = op.inPlaceOf(i);
      outputs.add(overwritten < 0 ? poisoned(results.get(i).bytes()) : inputs.get(overwritten));
      outputGradients.add(overwritten < 0 ? poisoned(results.get(i).bytes()) : null);
    }
    if (saves) {
      body.saved(types).forEach(type -> saved.add(poisoned(type.bytes())));
      types.forEach(
          type ->
              inputGradients.add(
                  type == null || type.dtype() != DType.F32 ? null : poisoned(type.bytes())));
    }
    workspace = poisoned(body.forwardWorkspace(types, parallel.threads()));
  }

  private MemorySegment poisoned(long bytes) {
    MemorySegment segment = arena.allocate(bytes, 64);
    for (long i = 0; i < bytes / 4; i++) {
      segment.setAtIndex(JAVA_INT, i, NAN);
    }
    return segment;
  }

  /** Fills an input, or the gradient of an output, with numbers from ±scale. */
  static void fill(MemorySegment segment, long seed, double scale) {
    Random random = new Random(seed);
    for (long i = 0; i < segment.byteSize() / 4; i++) {
      segment.setAtIndex(JAVA_FLOAT, i, (float) (scale * (2 * random.nextDouble() - 1)));
    }
  }

  FakeCall forward() {
    body.forward(this);
    return this;
  }

  FakeCall backward() {
    workspace = poisoned(body.backwardWorkspace(types, parallel.threads()));
    body.backward(this);
    return this;
  }

  /** Another backward in the memory of the last. */
  void backwardAgain() {
    body.backward(this);
  }

  static float[] floats(MemorySegment segment) {
    return segment.toArray(JAVA_FLOAT);
  }

  @Override
  public List<@Nullable TensorType> inputTypes() {
    return types;
  }

  @Override
  public boolean hasInput(int index) {
    return types.get(index) != null;
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
    throw new UnsupportedOperationException("no products here");
  }
}
