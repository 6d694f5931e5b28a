package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.CustomLayout;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.Blas;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.op.Parallel;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs plugins' bodies: everything a call can ask for is looked up when the program is bound. */
final class CustomKernels {
  private final CpuMemory memory;
  private final Parallel parallel;
  private final Blas blas;

  CustomKernels(CpuMemory memory, Parallel parallel, Blas blas) {
    this.memory = memory;
    this.parallel = parallel;
    this.blas = blas;
  }

  Kernel forward(Node node, Operation.Custom custom, MemorySegment workspace) {
    List<@Nullable TensorType> types = new ArrayList<>();
    for (Value input : node.inputs()) {
      types.add(input == null ? null : input.type());
    }
    int outputs = custom.op().outputs(types).size();
    List<@Nullable MemorySegment> all = segments(node.outputs());
    Call call =
        new Call(
            Collections.unmodifiableList(types),
            segments(node.inputs()),
            all.subList(0, outputs),
            all.subList(outputs, all.size()),
            custom.saves(),
            List.of(),
            List.of(),
            workspace,
            parallel,
            blas);
    CpuBody body = (CpuBody) custom.body();
    return () -> body.forward(call);
  }

  Kernel backward(Node node, Operation.CustomGradient gradient, MemorySegment workspace) {
    CustomLayout layout = gradient.layout();
    List<@Nullable MemorySegment> read = segments(node.inputs());
    List<@Nullable MemorySegment> written = segments(node.outputs());
    List<@Nullable MemorySegment> inputGradients = new ArrayList<>();
    for (int index : layout.gradientOf()) {
      inputGradients.add(index < 0 ? null : written.get(index));
    }
    Call call =
        new Call(
            layout.inputTypes(),
            read.subList(0, layout.inputs()),
            read.subList(layout.inputs(), layout.firstSaved()),
            read.subList(layout.firstSaved(), layout.firstOutputGradient()),
            true,
            read.subList(layout.firstOutputGradient(), read.size()),
            Collections.unmodifiableList(inputGradients),
            workspace,
            parallel,
            blas);
    CpuBody body = (CpuBody) gradient.body();
    return () -> body.backward(call);
  }

  private List<@Nullable MemorySegment> segments(List<? extends @Nullable Value> values) {
    List<@Nullable MemorySegment> segments = new ArrayList<>();
    for (Value value : values) {
      segments.add(memory.segmentOrNull(value));
    }
    return Collections.unmodifiableList(segments);
  }

  private record Call(
      List<@Nullable TensorType> inputTypes,
      List<@Nullable MemorySegment> inputs,
      List<@Nullable MemorySegment> outputs,
      List<@Nullable MemorySegment> savedTensors,
      boolean saves,
      List<@Nullable MemorySegment> outputGradients,
      List<@Nullable MemorySegment> inputGradients,
      MemorySegment workspace,
      Parallel parallel,
      Blas blas)
      implements CpuCall {

    @Override
    public boolean hasInput(int index) {
      return inputTypes.get(index) != null;
    }

    @Override
    public MemorySegment input(int index) {
      return there(inputs, index, "input");
    }

    @Override
    public MemorySegment output(int index) {
      return there(outputs, index, "output");
    }

    @Override
    public MemorySegment saved(int index) {
      return there(savedTensors, index, "saved tensor");
    }

    @Override
    public MemorySegment outputGradient(int index) {
      return there(outputGradients, index, "gradient of output");
    }

    @Override
    public boolean wantsGradient(int index) {
      return !inputGradients.isEmpty() && inputGradients.get(index) != null;
    }

    @Override
    public MemorySegment inputGradient(int index) {
      return there(inputGradients, index, "wanted gradient of input");
    }

    private static MemorySegment there(
        List<@Nullable MemorySegment> segments, int index, String what) {
      MemorySegment segment = index < segments.size() ? segments.get(index) : null;
      if (segment == null) {
        throw new IllegalStateException(
            "this call has no " + what + " " + index + "; see what the body declares it reads");
      }
      return segment;
    }
  }
}
