package io.colubrid.testkit;

import io.colubrid.nn.Linear;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.Sequences.Kind;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.ToyPlugin.Refusal;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** out(h), where h[t] = sigmoid(decay)·h[t − 1] + in(x[t]): sound but for one fault at most. */
record ToyLayer(Fault fault, Refusal refuses, Linear in, Parameter decay, Linear out)
    implements Layer {
  private static final AtomicInteger BUILT = new AtomicInteger();

  /** Makes it. */
  static final class Factory implements LayerFactory<ToyPlugin.Config> {
    @Override
    public Layer create(ToyPlugin.Config config, BuildContext context) {
      Fault fault = config.fault();
      long width = context.input().width();
      String name =
          switch (fault) {
            case NAMES_CHANGE -> "in_" + BUILT.incrementAndGet();
            case NAME_DOES_NOT_FIT -> "in proj";
            default -> "in_proj";
          };
      Initializer start =
          switch (fault) {
            case STARTS_TOO_LARGE -> Initializer.normal(2);
            case STARTS_TOO_SMALL -> Initializer.normal(1e-4);
            case FORGETS_THE_FAN_IN -> Initializer.normal(0.2);
            default -> Initializer.kaimingUniform(0.5);
          };
      return new ToyLayer(
          fault,
          config.refuses(),
          new Linear(context, name, width, width, true, start),
          context.parameter(
              "decay", Shape.of(width), Initializer.constant(0.5), Parameter.Role.VECTOR),
          new Linear(context, "out_proj", width, width, false, start));
    }
  }

  @Override
  public LayerTraits traits() {
    LayerTraits full = LayerTraits.causal(StateSpec.fixed("h", decay.shape().dim(0)));
    return switch (refuses) {
      case NOTHING -> full;
      case PACKING -> full.refusing(Kind.PACKED, "a toy has one document");
      case PADDING -> full.refusing(Kind.PADDED, "a toy is never short of breath");
      case STATE -> full.withoutState();
      case CAUSALITY -> LayerTraits.nonCausal();
    };
  }

  @Override
  public StreamShape output(StreamShape input) {
    return fault == Fault.DECLARES_ANOTHER_WIDTH ? input.withWidth(2 * input.width()) : input;
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    if (fault == Fault.THROWS && x.dim(1) > 5) {
      throw new IllegalStateException("cannot count beyond five");
    }
    Tensor h = decayed(ops, in.apply(ops, x), pass);
    if (fault == Fault.LEAKS_THE_FUTURE) {
      h = ops.add(h, ops.scale(next(ops, h), 0.01));
    }
    if (fault == Fault.MIXES_ROWS) {
      h = ops.subtract(h, ops.scale(ops.mean(h, 0), 0.01));
    }
    return out.apply(ops, h);
  }

  private static Tensor next(Ops ops, Tensor h) {
    Tensor zeros = ops.constant(h.dtype(), h.shape().with(1, 1), 0);
    Tensor shifted = ops.concat(1, List.of(h, zeros));
    return ops.slice(shifted, 1, 1, h.dim(1) + 1);
  }

  private Tensor decayed(Ops ops, Tensor u, Pass pass) {
    Kind kind = pass.sequences().kind();
    boolean blind =
        (fault == Fault.IGNORES_PADDING && kind == Kind.PADDED)
            || (fault == Fault.IGNORES_DOCUMENTS && kind == Kind.PACKED)
            || (fault == Fault.PADDING_MOVES_THE_STATE && pass.state().isPresent());
    Tensor positions = blind ? null : pass.sequences().positions().orElse(null);
    Tensor a = ops.sigmoid(ops.value(decay));
    LayerState state = pass.state().orElse(null);
    DecayedSum op = new DecayedSum(fault);
    if (state == null) {
      return ops.apply(op, u, a, positions, null).getFirst();
    }
    boolean wrongStep = fault == Fault.STEPS_TWICE_AS_FAR && u.dim(1) == 1;
    Tensor step = wrongStep ? ops.scale(a, 0.5) : a;
    List<Tensor> outputs = ops.apply(op, u, step, positions, state.get("h"));
    if (fault != Fault.FORGETS_THE_STATE || u.dim(1) == 1) {
      state.advance("h", outputs.getLast());
    }
    return outputs.getFirst();
  }
}
