package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;

/** Cross entropy and its gradient, one block a row of scores. */
record CrossEntropyLaunches(Launches launches, CudaValues values) {
  private static final String MODULE = "cross_entropy";
  private static final int THREADS = 512;

  CudaKernel loss(Node node, Operation.CrossEntropy loss) {
    Value logits = node.input(0);
    return perRow(
        "cross_entropy",
        logits,
        Arguments.of()
            .addresses(
                values.address(logits),
                values.address(node.input(1)),
                values.address(node.output()),
                values.address(node.outputs().get(1)))
            .real(loss.smoothing()));
  }

  /** The loss, and its gradient in the place of the scores. */
  CudaKernel both(Node node, Operation.CrossEntropy loss, Value scale) {
    Value logits = node.input(0);
    return perRow(
        "cross_entropy_both",
        logits,
        Arguments.of()
            .addresses(
                values.address(logits),
                values.address(node.input(1)),
                values.address(node.output()),
                values.address(node.outputs().get(1)),
                values.address(scale))
            .real(loss.smoothing()));
  }

  CudaKernel gradient(Node node, Operation.CrossEntropyGradient loss) {
    Value logits = node.input(0);
    return perRow(
        "cross_entropy_gradient",
        logits,
        Arguments.of()
            .addresses(
                values.address(logits),
                values.address(node.input(1)),
                values.address(node.input(2)),
                values.address(node.input(3)),
                values.address(node.output()))
            .real(loss.smoothing()));
  }

  private CudaKernel perRow(String kernel, Value logits, Arguments arguments) {
    return launches.launch(
        MODULE,
        kernel + PointwiseLaunches.suffix(logits.dtype()),
        Grid.of(logits.shape().rows()),
        THREADS,
        1,
        arguments.number(logits.dim(-1)));
  }
}
