package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.ConvolutionStep;
import io.colubrid.spi.tensor.DType;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A part of a group's result that goes through a step of a convolution, which the products do
 * themselves, so that it needs no launch: nobody else reads the part, nothing runs between the two,
 * and the step writes nowhere that the products read.
 *
 * @param node index of the step's node
 * @param part which of the parts
 */
record ConvolvedPart(int node, int part, ConvolutionStep step) {

  /** Tells what a node does if it is a step that a product in front may do; else null. */
  @FunctionalInterface
  interface Steps {
    @Nullable ConvolutionStep of(Node node, int index);
  }

  /** The one behind a group, or null. */
  static @Nullable ConvolvedPart behind(
      ProductGroup group, CudaValues values, Readers readers, Steps steps) {
    List<Node> nodes = values.program().nodes();
    int next = Node.behind(nodes, group.last());
    ConvolutionStep step = next < nodes.size() ? steps.of(nodes.get(next), next) : null;
    if (step == null) {
      return null;
    }
    List<Value> parts = group.parts();
    Value x = nodes.get(next).input(0);
    int part =
        IntStream.range(0, parts.size())
            .filter(i -> Readers.same(x, parts.get(i)))
            .findFirst()
            .orElse(-1);
    boolean served =
        part >= 0
            && x.dtype() == DType.BF16
            && readers.of(x) == 1
            && (group.split() == null || readers.of(group.whole()) == 1)
            && others(group, part)
                .noneMatch(
                    value ->
                        values.overlap(value, step.y(), step.yBytes())
                            || values.overlap(value, step.tail(), step.tailBytes()));
    return served ? new ConvolvedPart(next, part, step) : null;
  }

  /** What the products read and write, but for the part itself. */
  private static Stream<Value> others(ProductGroup group, int part) {
    List<Value> parts = group.parts();
    Stream<@Nullable Value> read =
        group.products().stream().flatMap(node -> node.inputs().stream());
    Stream<Value> written =
        IntStream.range(0, parts.size()).filter(i -> i != part).mapToObj(parts::get);
    return Stream.concat(read.filter(Value.class::isInstance), written);
  }
}
