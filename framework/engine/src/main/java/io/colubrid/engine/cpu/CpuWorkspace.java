package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The scratch memory that the kernels of this backend need, by node. */
final class CpuWorkspace {
  private CpuWorkspace() {}

  static long bytes(Node node, int threads) {
    return switch (node.operation()) {
      case Operation.MatMul product -> ProductKernels.workspace(node);
      case Operation.RmsNorm norm -> NormKernels.workspace(node, threads);
      case Operation.RmsNormGradient norm -> NormKernels.workspace(node, threads);
      case Operation.LayerNorm norm -> NormKernels.workspace(node, threads);
      case Operation.LayerNormGradient norm -> NormKernels.workspace(node, threads);
      case Operation.Custom custom ->
          ((CpuBody) custom.body()).forwardWorkspace(types(node), threads);
      case Operation.CustomGradient gradient ->
          ((CpuBody) gradient.body()).backwardWorkspace(gradient.layout().inputTypes(), threads);
      default -> 0;
    };
  }

  private static List<@Nullable TensorType> types(Node node) {
    List<@Nullable TensorType> types = new ArrayList<>();
    for (Value input : node.inputs()) {
      types.add(input == null ? null : input.type());
    }
    return types;
  }
}
