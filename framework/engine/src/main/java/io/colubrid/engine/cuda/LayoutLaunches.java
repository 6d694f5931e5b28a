package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Copies that change where elements lie, each one walk with strides on both sides. */
record LayoutLaunches(Launches launches, CudaValues values) {
  private static final String MODULE = "layout";
  private static final int TILE = 32;
  private static final int TILE_ROWS = 8;
  private static final long MOST_TILES = 65535;

  private CudaKernel copy(
      Value typed, Shape extents, long from, long[] fromStrides, long to, long[] toStrides) {
    return new StridedCopy(Walk.extents(extents), fromStrides, toStrides, typed.dtype().bytes())
        .widened(from, to)
        .kernel(launches, from, to);
  }

  CudaKernel broadcast(Node node) {
    Value x = node.input(0);
    Value out = node.output();
    return copy(
        out,
        out.shape(),
        values.address(x),
        Walk.broadcastStrides(out.shape(), x.shape()),
        values.address(out),
        Walk.strides(out.shape()));
  }

  CudaKernel slice(Node node, Operation.Slice slice) {
    Value x = node.input(0);
    Value out = node.output();
    long offset = slice.from() * Walk.strides(x.shape())[slice.axis()] * x.dtype().bytes();
    return copy(
        x,
        out.shape(),
        values.address(x) + (x.dim(slice.axis()) == 1 ? 0 : offset),
        Walk.strides(x.shape()),
        values.address(out),
        Walk.strides(out.shape()));
  }

  CudaKernel pad(Node node, Operation.Pad pad) {
    Value x = node.input(0);
    Value out = node.output();
    long offset = pad.before() * Walk.strides(out.shape())[pad.axis()] * x.dtype().bytes();
    return launches
        .clear(values.address(out), out.type().bytes())
        .then(
            copy(
                x,
                x.shape(),
                values.address(x),
                Walk.strides(x.shape()),
                values.address(out) + offset,
                Walk.strides(out.shape())));
  }

  CudaKernel split(Node node, Operation.Split split) {
    Value x = node.input(0);
    CudaKernel all = CudaKernel.NOTHING;
    long from = values.address(x);
    for (Value part : node.outputs()) {
      all =
          all.then(
              copy(
                  x,
                  part.shape(),
                  from,
                  Walk.strides(x.shape()),
                  values.address(part),
                  Walk.strides(part.shape())));
      from += chunkBytes(part, split.axis());
    }
    return all;
  }

  CudaKernel concat(Node node, Operation.Concat concat) {
    Value out = node.output();
    CudaKernel all = CudaKernel.NOTHING;
    long to = values.address(out);
    for (int i = 0; i < node.inputs().size(); i++) {
      Value part = node.input(i);
      all =
          all.then(
              copy(
                  out,
                  part.shape(),
                  values.address(part),
                  Walk.strides(part.shape()),
                  to,
                  Walk.strides(out.shape())));
      to += chunkBytes(part, concat.axis());
    }
    return all;
  }

  /** Bytes of a part from its axis on. */
  private static long chunkBytes(Value part, int axis) {
    return part.shape().product(axis, part.shape().rank()) * part.dtype().bytes();
  }

  CudaKernel flip(Node node, Operation.Flip flip) {
    Value x = node.input(0);
    long[] strides = Walk.strides(x.shape());
    long last = (x.dim(flip.axis()) - 1) * strides[flip.axis()];
    long[] reversed = strides.clone();
    reversed[flip.axis()] = -strides[flip.axis()];
    return copy(
        x,
        x.shape(),
        values.address(x) + last * x.dtype().bytes(),
        reversed,
        values.address(node.output()),
        strides);
  }

  CudaKernel permute(Node node, Operation.Permute permute) {
    Value x = node.input(0);
    Value out = node.output();
    CudaKernel tiled = exchangeLastTwo(x, out, permute.axes());
    if (tiled != null) {
      return tiled;
    }
    long[] strides = Walk.strides(x.shape());
    long[] moved = permute.axes().stream().mapToLong(axis -> strides[axis]).toArray();
    return copy(
        x, out.shape(), values.address(x), moved, values.address(out), Walk.strides(out.shape()));
  }

  /** The tiled kernel where an order of axes only exchanges two neighbouring groups at the end. */
  private @org.jspecify.annotations.Nullable CudaKernel exchangeLastTwo(
      Value x, Value out, List<Integer> axes) {
    int rank = axes.size();
    int fixed = 0;
    while (fixed < rank && axes.get(fixed) == fixed) {
      fixed++;
    }
    List<Integer> exchanged = new ArrayList<>();
    int second = fixed < rank ? axes.get(fixed) : rank;
    for (int axis = second; axis < rank; axis++) {
      exchanged.add(axis);
    }
    for (int axis = fixed; axis < second; axis++) {
      exchanged.add(axis);
    }
    long batch = x.shape().product(0, fixed);
    long rows = x.shape().product(fixed, second);
    long columns = x.shape().product(second, rank);
    int size = x.dtype().bytes();
    boolean served = (size == 2 || size == 4) && axes.subList(fixed, rank).equals(exchanged);
    Grid grid = new Grid((columns + TILE - 1) / TILE, (rows + TILE - 1) / TILE, batch);
    if (!served || grid.y() > MOST_TILES || grid.z() > MOST_TILES) {
      return null;
    }
    return launches.launch(
        MODULE,
        "transpose_" + size,
        grid,
        TILE,
        TILE_ROWS,
        Arguments.of()
            .addresses(values.address(x), values.address(out))
            .number(rows)
            .number(columns));
  }
}
