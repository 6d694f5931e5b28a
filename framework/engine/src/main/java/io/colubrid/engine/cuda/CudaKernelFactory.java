package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.spi.op.RowNorm;
import java.util.Map;

/** Finds the kernels of every operation and binds them to their addresses. */
final class CudaKernelFactory {
  private final Launches launches;
  private final CudaValues values;
  private final PointwiseLaunches pointwise;
  private final LayoutLaunches layouts;
  private final ReductionLaunches reductions;
  private final NormLaunches norms;
  private final CrossEntropyLaunches losses;
  private final Map<Integer, FusedLoss> fusedLosses;
  private final RowLaunches rows;
  private final ProductLaunches products;
  private final JointRows jointRows;
  private final SomeRowsLaunches someRows;
  private final Map<Integer, AddedProduct> addedProducts;
  private final AddedProductLaunches added;
  private final CustomLaunches customs;
  private final RowProductLaunches rowProducts;
  private final RowNorms rowNorms;
  private final PointwiseLaunches.DeviceConstants constants;

  CudaKernelFactory(
      Launches launches, CudaValues values, PointwiseLaunches.DeviceConstants constants) {
    FirstWrites writes = FirstWrites.of(values.program());
    this.launches = launches;
    this.values = values;
    this.constants = constants;
    this.pointwise = new PointwiseLaunches(launches, values);
    this.layouts = new LayoutLaunches(launches, values);
    this.reductions = new ReductionLaunches(launches, values);
    this.fusedLosses = FusedLoss.of(values.program());
    this.losses = new CrossEntropyLaunches(launches, values);
    this.norms = new NormLaunches(launches, values, writes);
    this.rows = new RowLaunches(launches, values);
    this.customs = new CustomLaunches(launches, values, writes);
    this.rowProducts = new RowProductLaunches(launches, values, writes);
    Readers readers = new Readers(values.program());
    this.products = new ProductLaunches(launches, values, pointwise, writes);
    this.jointRows =
        new JointRows(
            launches.device().capability(),
            values,
            readers,
            customs::convolutionStep,
            customs::rowNorm,
            customs::gatedSums);
    this.someRows = new SomeRowsLaunches(launches, values, writes, readers, jointRows);
    this.addedProducts =
        AddedProduct.of(launches.device().capability(), values, readers, customs::rowNorm);
    this.added = new AddedProductLaunches(launches, values);
    this.rowNorms = new RowNorms(values, customs::rowNorm, readers);
  }

  /** Scratch bytes of a node. */
  static long workspace(Node node) {
    return switch (node.operation()) {
      case Operation.MatMul product -> ProductLaunches.workspace(node);
      case Operation.RmsNormGradient norm -> NormLaunches.workspace(node);
      case Operation.LayerNormGradient norm -> NormLaunches.workspace(node);
      case Operation.Custom custom -> CustomLaunches.workspace(node);
      case Operation.CustomGradient gradient -> CustomLaunches.workspace(node);
      default -> ReductionLaunches.workspace(node);
    };
  }

  CudaKernel kernel(Node node, int index) {
    FusedLoss fused = fusedLosses.get(index);
    if (fused != null) {
      return node.operation() instanceof Operation.CrossEntropy loss
          ? losses.both(node, loss, fused.scale())
          : CudaKernel.NOTHING;
    }
    if (jointRows.takes(index)) {
      return someRows.kernel(index);
    }
    AddedProduct ofMany = addedProducts.get(index);
    if (ofMany != null) {
      return added.kernel(ofMany, index);
    }
    if (rowNorms.leavesOut(index)) {
      return CudaKernel.NOTHING;
    }
    RowNorm ofRow = rowNorms.of(index);
    if (RowProductLaunches.serves(node)) {
      return rowProducts.kernel(node, index, ofRow);
    }
    long workspace = values.workspace(index);
    return switch (node.operation()) {
      case Operation.MatMul product -> products.matMul(node, index, product, workspace);
      case Operation.Elementwise elementwise -> pointwise.elementwise(node, elementwise);
      case Operation.Apply apply -> pointwise.apply(node, apply);
      case Operation.ApplyGradient apply -> pointwise.applyGradient(node, apply);
      case Operation.Affine affine -> pointwise.affine(node, affine);
      case Operation.Compare compare -> pointwise.compare(node, compare);
      case Operation.Where where -> pointwise.where(node);
      case Operation.Broadcast broadcast -> layouts.broadcast(node);
      case Operation.Cast cast -> pointwise.cast(node);
      case Operation.Sum sum -> reductions.sum(node, sum, workspace);
      case Operation.Max max -> reductions.max(node, max);
      case Operation.CumulativeSum sum -> reductions.cumulativeSum(node, sum);
      case Operation.Softmax s -> reductions.softmax(node);
      case Operation.SoftmaxGradient s -> reductions.softmaxGradient(node);
      case Operation.CrossEntropy loss -> losses.loss(node, loss);
      case Operation.CrossEntropyGradient loss -> losses.gradient(node, loss);
      case Operation.RmsNorm norm ->
          norms.forward(node, index, false, norm.epsilon(), node.inputs().get(1), null);
      case Operation.RmsNormGradient norm ->
          norms.backward(node, false, norm.epsilon(), node.inputs().get(1), workspace);
      case Operation.LayerNorm norm ->
          norms.forward(
              node, index, true, norm.epsilon(), node.inputs().get(1), node.inputs().get(2));
      case Operation.LayerNormGradient norm ->
          norms.backward(node, true, norm.epsilon(), node.inputs().get(1), workspace);
      case Operation.Permute permute -> layouts.permute(node, permute);
      case Operation.Slice slice -> layouts.slice(node, slice);
      case Operation.Pad pad -> layouts.pad(node, pad);
      case Operation.Split split -> layouts.split(node, split);
      case Operation.Concat concat -> layouts.concat(node, concat);
      case Operation.Flip flip -> layouts.flip(node, flip);
      case Operation.GatherRows gather -> rows.gather(node);
      case Operation.ScatterRows scatter -> rows.scatter(node, scatter);
      case Operation.Accumulate accumulate -> pointwise.accumulate(node, accumulate);
      case Operation.Assign assign ->
          launches.copy(
              values.address(node.input(1)),
              values.address(node.output()),
              node.output().type().bytes());
      case Operation.Fill fill -> pointwise.fill(node, fill);
      case Operation.Literal literal -> pointwise.literal(node, literal, constants);
      case Operation.Count count -> pointwise.count(node);
      case Operation.Dropout dropout -> pointwise.dropout(node, dropout);
      case Operation.View view -> CudaKernel.NOTHING;
      case Operation.Custom custom ->
          customs.forward(node, index, custom, workspace, ofRow, jointRows.gated(index));
      case Operation.CustomGradient gradient -> customs.backward(node, index, gradient, workspace);
    };
  }
}
