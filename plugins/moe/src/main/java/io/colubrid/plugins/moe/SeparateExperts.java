package io.colubrid.plugins.moe;

import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Channel layers of any type as experts. Each is given its whole queue, filled or not, as sequences
 * of one position, of which empty slots are padding.
 *
 * @param layers one an expert, all alike
 */
record SeparateExperts(List<Layer> layers) implements Experts {
  @Override
  public boolean spaced() {
    return true;
  }

  @Override
  public Tensor forward(Tensor rows, ExpertQueues.Result queues, Pass pass) {
    Ops ops = pass.ops();
    long room = rows.dim(0) / layers.size();
    Tensor filled = filled(ops, queues.positions());
    List<Tensor> outputs = new ArrayList<>();
    for (int e = 0; e < layers.size(); e++) {
      Tensor queue = ops.slice(rows, 0, e * room, (e + 1) * room);
      Tensor segments =
          ops.reshape(ops.slice(filled, 0, e * room, (e + 1) * room), Shape.of(room, 1));
      Tensor y =
          layers
              .get(e)
              .forward(
                  ops.reshape(queue, Shape.of(room, 1, rows.dim(1))),
                  pass.over(new Slots(segments)));
      outputs.add(ops.reshape(y, queue.shape()));
    }
    return ops.concat(0, outputs);
  }

  /** I32 [slots]: 0 where somebody stands, −1 elsewhere. */
  private static Tensor filled(Ops ops, Tensor positions) {
    Tensor zero = ops.constant(DType.F32, positions.shape(), 0);
    Tensor standing = ops.binary(Binary.MINIMUM, ops.cast(positions, DType.F32), zero);
    return ops.cast(standing, DType.I32);
  }

  private record Slots(Tensor rows) implements Sequences {
    @Override
    public Kind kind() {
      return Kind.PADDED;
    }

    @Override
    public Optional<Tensor> segments() {
      return Optional.of(rows);
    }

    @Override
    public Optional<Tensor> positions() {
      return Optional.of(rows);
    }
  }
}
