package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.CustomLayout;
import io.colubrid.engine.tape.CustomRecording;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.ConvolutionStep;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.GatedRows;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Asks plugins' bodies for their launches, once, when a program is bound. */
record CustomLaunches(Launches launches, CudaValues values, FirstWrites writes) {

  static long workspace(Node node) {
    return switch (node.operation()) {
      case Operation.Custom custom ->
          ((CudaBody) custom.body()).forwardWorkspace(CustomRecording.types(node.inputs()));
      case Operation.CustomGradient gradient ->
          ((CudaBody) gradient.body()).backwardWorkspace(gradient.layout().inputTypes());
      default -> 0;
    };
  }

  /** What a node does if it is a norm that a product behind may make; else null. */
  @Nullable RowNorm rowNorm(Node node, int index) {
    return ask(node, index, Operation.Custom::isRowNorm, CudaBody::rowNorm);
  }

  /**
   * What a node does if it is a step of a convolution that a product in front may do; else null.
   */
  @Nullable ConvolutionStep convolutionStep(Node node, int index) {
    return ask(node, index, Operation.Custom::isConvolutionStep, CudaBody::convolutionStep);
  }

  /** Sums of squares of a row that a node gives if it is told to gate its result; else 0. */
  long gatedSums(Node node, int index) {
    Long sums = ask(node, index, Operation.Custom::gatesRows, CudaBody::gatedSums);
    return sums == null ? 0 : sums;
  }

  /** What the body of a node answers if the node is of some kind; else null. */
  private <T> @Nullable T ask(
      Node node,
      int index,
      BiPredicate<Operation.Custom, Node> kind,
      BiFunction<CudaBody, CudaCall, T> question) {
    return node.operation() instanceof Operation.Custom custom
            && kind.test(custom, node)
            && custom.body() instanceof CudaBody body
        ? question.apply(body, call(node, index, custom, 0, null, null))
        : null;
  }

  /**
   * @param norm how to make the body's {@link CudaBody#normedInput}; null if it is there
   * @param gated what to make of output 0; null for itself
   */
  CudaKernel forward(
      Node node,
      int index,
      Operation.Custom custom,
      long workspace,
      @Nullable RowNorm norm,
      @Nullable GatedRows gated) {
    Call call = call(node, index, custom, workspace, norm, gated);
    ((CudaBody) custom.body()).forward(call);
    return call.launched;
  }

  private Call call(
      Node node,
      int index,
      Operation.Custom custom,
      long workspace,
      @Nullable RowNorm norm,
      @Nullable GatedRows gated) {
    List<@Nullable TensorType> types = CustomRecording.types(node.inputs());
    int outputs = custom.op().outputs(types).size();
    long[] written = addresses(node.outputs());
    return new Call(
        this,
        custom.body().getClass(),
        types,
        addresses(node.inputs()),
        standing(node.inputs(), index),
        Arrays.copyOf(written, outputs),
        Arrays.copyOfRange(written, outputs, written.length),
        custom.saves(),
        new long[0],
        new long[0],
        workspace,
        norm,
        gated);
  }

  CudaKernel backward(Node node, int index, Operation.CustomGradient gradient, long workspace) {
    CudaBody body = (CudaBody) gradient.body();
    CustomLayout layout = gradient.layout();
    long[] read = addresses(node.inputs());
    long[] written = addresses(node.outputs());
    long[] gradients =
        layout.gradientOf().stream().mapToLong(at -> at < 0 ? 0 : written[at]).toArray();
    Call call =
        new Call(
            this,
            body.getClass(),
            layout.inputTypes(),
            Arrays.copyOf(read, layout.inputs()),
            standing(node.inputs(), index),
            Arrays.copyOfRange(read, layout.inputs(), layout.firstSaved()),
            Arrays.copyOfRange(read, layout.firstSaved(), layout.firstOutputGradient()),
            true,
            Arrays.copyOfRange(read, layout.firstOutputGradient(), read.length),
            gradients,
            workspace,
            null,
            null);
    body.backward(call);
    return call.launched;
  }

  private long[] addresses(List<? extends @Nullable Value> all) {
    return all.stream().mapToLong(values::addressOrNull).toArray();
  }

  private boolean[] standing(List<? extends @Nullable Value> all, int node) {
    boolean[] standing = new boolean[all.size()];
    for (int i = 0; i < standing.length; i++) {
      standing[i] = writes.standsAt(all.get(i), node);
    }
    return standing;
  }

  private static final class Call implements CudaCall {
    private final CustomLaunches owner;
    private final Class<?> anchor;
    private final List<@Nullable TensorType> types;
    private final long[] inputs;
    private final boolean[] standing;
    private final long[] outputs;
    private final long[] savedTensors;
    private final boolean saves;
    private final long[] outputGradients;
    private final long[] inputGradients;
    private final long workspace;
    private final @Nullable RowNorm norm;
    private final @Nullable GatedRows gated;
    private CudaKernel launched = CudaKernel.NOTHING;

    Call(
        CustomLaunches owner,
        Class<?> anchor,
        List<@Nullable TensorType> types,
        long[] inputs,
        boolean[] standing,
        long[] outputs,
        long[] savedTensors,
        boolean saves,
        long[] outputGradients,
        long[] inputGradients,
        long workspace,
        @Nullable RowNorm norm,
        @Nullable GatedRows gated) {
      this.owner = owner;
      this.anchor = anchor;
      this.types = types;
      this.inputs = inputs;
      this.standing = standing;
      this.outputs = outputs;
      this.savedTensors = savedTensors;
      this.saves = saves;
      this.outputGradients = outputGradients;
      this.inputGradients = inputGradients;
      this.workspace = workspace;
      this.norm = norm;
      this.gated = gated;
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
    public long input(int index) {
      return inputs[index];
    }

    @Override
    public boolean stands(int index) {
      return standing[index];
    }

    @Override
    public long output(int index) {
      return outputs[index];
    }

    @Override
    public long saved(int index) {
      return index < savedTensors.length ? savedTensors[index] : 0;
    }

    @Override
    public boolean saves() {
      return saves;
    }

    @Override
    public long outputGradient(int index) {
      return outputGradients[index];
    }

    @Override
    public boolean wantsGradient(int index) {
      return inputGradients.length > 0 && inputGradients[index] != 0;
    }

    @Override
    public long inputGradient(int index) {
      return inputGradients[index];
    }

    @Override
    public long workspace() {
      return workspace;
    }

    @Override
    public @Nullable RowNorm rowNorm() {
      return norm;
    }

    @Override
    public @Nullable GatedRows gatedRows() {
      return gated;
    }

    @Override
    public int multiprocessors() {
      return owner.launches().device().multiprocessors();
    }

    @Override
    public int capability() {
      return owner.launches().device().capability();
    }

    @Override
    public void launch(
        String fatbin,
        String kernel,
        Grid grid,
        int threads,
        int sharedBytes,
        Object... arguments) {
      launched =
          launched.then(
              owner
                  .launches()
                  .launch(
                      anchor, fatbin, kernel, grid, threads, sharedBytes, Arguments.of(arguments)));
    }

    @Override
    public void launchEarly(
        String fatbin,
        String kernel,
        Grid grid,
        int threads,
        int sharedBytes,
        Object... arguments) {
      launched =
          launched.then(
              owner
                  .launches()
                  .early(
                      anchor, fatbin, kernel, grid, threads, sharedBytes, Arguments.of(arguments)));
    }

    @Override
    public void clear(long address, long bytes) {
      launched = launched.then(owner.launches().clear(address, bytes));
    }
  }
}
