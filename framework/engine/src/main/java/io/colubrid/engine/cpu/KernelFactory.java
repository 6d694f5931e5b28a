package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import java.lang.foreign.MemorySegment;

/** Finds the kernel of every operation and binds it to its addresses. */
final class KernelFactory {
  private final CpuBackend backend;
  private final CpuMemory memory;
  private final PointwiseKernels pointwise;
  private final ProductKernels products;
  private final ReductionKernels reductions;
  private final NormKernels norms;
  private final SoftmaxKernels softmax;
  private final LayoutKernels layouts;
  private final RowKernels rows;
  private final SourceKernels sources;
  private final CustomKernels customs;

  KernelFactory(CpuBackend backend, CpuMemory memory) {
    WorkerPool pool = backend.pool();
    this.backend = backend;
    this.memory = memory;
    this.pointwise = new PointwiseKernels(memory, pool);
    this.products = new ProductKernels(memory, pool, backend.blas());
    this.reductions = new ReductionKernels(memory, pool);
    this.norms = new NormKernels(memory, pool);
    this.softmax = new SoftmaxKernels(memory, pool);
    this.layouts = new LayoutKernels(memory, pool);
    this.rows = new RowKernels(memory, pool);
    this.sources = new SourceKernels(memory, pool);
    this.customs = new CustomKernels(memory, new PoolLoop(pool), new SegmentBlas(backend.blas()));
  }

  Kernel kernel(Node node, int index) {
    MemorySegment workspace = memory.workspace(index, backend.workspace(node));
    return switch (node.operation()) {
      case Operation.MatMul product -> products.matMul(node, product, workspace);
      case Operation.Elementwise elementwise -> pointwise.elementwise(node, elementwise);
      case Operation.Apply apply -> pointwise.apply(node, apply);
      case Operation.ApplyGradient apply -> pointwise.applyGradient(node, apply);
      case Operation.Affine affine -> pointwise.affine(node, affine);
      case Operation.Compare compare -> pointwise.compare(node, compare);
      case Operation.Where where -> pointwise.where(node);
      case Operation.Broadcast broadcast -> pointwise.broadcast(node);
      case Operation.Cast cast -> pointwise.cast(node);
      case Operation.Sum sum -> reductions.sum(node, sum.axis());
      case Operation.Max max -> reductions.max(node, max.axis());
      case Operation.CumulativeSum sum -> reductions.cumulativeSum(node, sum.axis());
      case Operation.Softmax s -> softmax.softmax(node);
      case Operation.SoftmaxGradient s -> softmax.gradient(node);
      case Operation.CrossEntropy loss -> softmax.crossEntropy(node, loss);
      case Operation.CrossEntropyGradient loss -> softmax.crossEntropyGradient(node, loss);
      case Operation.RmsNorm norm ->
          norms.forward(node, false, norm.epsilon(), node.inputs().get(1), null, workspace);
      case Operation.RmsNormGradient norm ->
          norms.backward(node, false, norm.epsilon(), node.inputs().get(1), workspace);
      case Operation.LayerNorm norm ->
          norms.forward(
              node, true, norm.epsilon(), node.inputs().get(1), node.inputs().get(2), workspace);
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
      case Operation.Accumulate accumulate -> rows.accumulate(node, accumulate);
      case Operation.Assign assign -> rows.assign(node);
      case Operation.Fill fill -> sources.fill(node, fill);
      case Operation.Literal literal -> sources.literal(node, literal);
      case Operation.Count count -> sources.count(node);
      case Operation.Dropout dropout -> sources.dropout(node, dropout);
      case Operation.View view -> Kernel.NOTHING;
      case Operation.Custom custom -> customs.forward(node, custom, workspace);
      case Operation.CustomGradient gradient -> customs.backward(node, gradient, workspace);
    };
  }
}
