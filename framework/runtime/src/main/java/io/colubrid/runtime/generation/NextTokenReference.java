package io.colubrid.runtime.generation;

import static io.colubrid.runtime.generation.NextToken.DRAW;
import static io.colubrid.runtime.generation.NextToken.MIN_P;
import static io.colubrid.runtime.generation.NextToken.PENALTY;
import static io.colubrid.runtime.generation.NextToken.SCORES;
import static io.colubrid.runtime.generation.NextToken.SEEN;
import static io.colubrid.runtime.generation.NextToken.SETTINGS;
import static io.colubrid.runtime.generation.NextToken.TEMPERATURE;
import static io.colubrid.runtime.generation.NextToken.TOP_K;
import static io.colubrid.runtime.generation.NextToken.TOP_P;
import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The definition of {@link NextToken}: every token is compared with every other. */
final class NextTokenReference {
  private final Ops ops;
  private final Tensor settings;
  private final long vocabulary;

  private NextTokenReference(Ops ops, Tensor settings, long vocabulary) {
    this.ops = ops;
    this.settings = settings;
    this.vocabulary = vocabulary;
  }

  static List<Tensor> outputs(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor scores = requireNonNull(inputs.get(SCORES));
    Tensor seen = requireNonNull(inputs.get(SEEN));
    Tensor settings = ops.cast(requireNonNull(inputs.get(SETTINGS)), scores.dtype());
    return new NextTokenReference(ops, settings, scores.dim(0)).choose(scores, seen);
  }

  private List<Tensor> choose(Tensor raw, Tensor seen) {
    Tensor scores = penalized(raw, seen);
    Tensor best = ops.max(scores, 0);
    Tensor weights = weights(scores, best);
    Tensor left = ops.where(drawable(scores, best, weights), weights, number(0));
    Tensor ends = ops.cumsum(left, 0);
    Tensor mass = ops.max(ends, 0);
    Tensor pointed = ops.multiply(mass, setting(DRAW));
    // A draw just below 1 may be rounded to the end of the last token.
    Tensor before = both(not(above(ends, pointed)), above(mass, ends));
    Tensor token = ops.sum(ops.cast(before, DType.I32), 0);
    Tensor none = ops.constant(DType.I32, Shape.of(1), -1);
    Tensor chosen =
        ops.where(above(best, number(Double.NEGATIVE_INFINITY)), ops.reshape(token, one()), none);
    Tensor hit = ops.compare(Comparison.EQUAL, ops.range(DType.I32, vocabulary), chosen);
    Tensor both = ops.binary(Binary.MAXIMUM, number(hit), number(seen));
    return List.of(ops.reshape(chosen, Shape.of(1, 1)), above(both, number(0)));
  }

  private Tensor penalized(Tensor raw, Tensor seen) {
    Tensor scores =
        ops.where(ops.compare(Comparison.EQUAL, raw, raw), raw, number(Double.NEGATIVE_INFINITY));
    Tensor lower =
        ops.where(
            above(scores, number(0)),
            ops.divide(scores, setting(PENALTY)),
            ops.multiply(scores, setting(PENALTY)));
    return ops.where(above(number(seen), number(0)), lower, scores);
  }

  private Tensor weights(Tensor scores, Tensor best) {
    Tensor temperature = setting(TEMPERATURE);
    Tensor divisor = ops.where(above(temperature, number(0)), temperature, number(1));
    return ops.exp(ops.divide(ops.subtract(scores, ops.reshape(best, one())), divisor));
  }

  /** [vocabulary]: the tokens that are left. */
  private Tensor drawable(Tensor scores, Tensor best, Tensor weights) {
    Tensor across = ops.reshape(scores, Shape.of(1, vocabulary));
    Tensor down = ops.reshape(scores, Shape.of(vocabulary, 1));
    Tensor better = number(ops.compare(Comparison.GREATER, across, down));
    Tensor few = either(not(above(setting(TOP_K), number(0))), above(setting(TOP_K), row(better)));
    Tensor kept = ops.where(few, weights, number(0));
    Tensor share = ops.multiply(ops.sumAll(kept), setting(TOP_P));
    Tensor held = row(ops.multiply(better, ops.reshape(kept, Shape.of(1, vocabulary))));
    Tensor nucleus =
        either(not(above(number(1), setting(TOP_P))), above(ops.reshape(share, one()), held));
    Tensor probable = not(above(setting(MIN_P), weights));
    Tensor greedy = not(above(setting(TEMPERATURE), number(0)));
    Tensor isBest = not(above(ops.reshape(best, one()), scores));
    Tensor first = both(isBest, not(above(ops.cumsum(number(isBest), 0), number(1))));
    return either(both(greedy, first), both(not(greedy), both(few, both(nucleus, probable))));
  }

  /** Sums what a token has with every other. */
  private Tensor row(Tensor square) {
    return ops.reshape(ops.sum(square, 1), Shape.of(vocabulary));
  }

  private Tensor setting(int index) {
    return ops.slice(settings, 0, index, index + 1);
  }

  private static Shape one() {
    return Shape.of(1);
  }

  private Tensor number(double value) {
    return ops.constant(settings.dtype(), one(), value);
  }

  private Tensor number(Tensor mask) {
    return ops.cast(mask, settings.dtype());
  }

  private Tensor above(Tensor a, Tensor b) {
    return ops.compare(Comparison.GREATER, a, b);
  }

  private Tensor not(Tensor mask) {
    return above(number(1), number(mask));
  }

  private Tensor both(Tensor a, Tensor b) {
    return above(ops.multiply(number(a), number(b)), number(0));
  }

  private Tensor either(Tensor a, Tensor b) {
    return above(ops.add(number(a), number(b)), number(0));
  }
}
