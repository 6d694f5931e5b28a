package io.colubrid.runtime.model;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.runtime.config.Problem;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A model's layers and parameters, without storage: what a pass records. Immutable; one model can
 * be recorded on several devices and by several threads at once.
 */
public final class Model {
  /** Path of the stem. */
  public static final String STEM = "stem";

  /** Path of the head. */
  public static final String HEAD = "head";

  private final Stem stem;
  private final List<Block> blocks;
  private final Head head;
  private final List<ModelParameter> parameters;
  private final int checkpointEvery;

  Model(
      Stem stem,
      List<Block> blocks,
      Head head,
      List<ModelParameter> parameters,
      int checkpointEvery) {
    this.stem = stem;
    this.blocks = List.copyOf(blocks);
    this.head = head;
    this.parameters = List.copyOf(parameters);
    this.checkpointEvery = checkpointEvery;
  }

  public Stem stem() {
    return stem;
  }

  public Head head() {
    return head;
  }

  /** All parameters, each once, in the order of the layers. */
  public List<ModelParameter> parameters() {
    return parameters;
  }

  /** Number of weights. */
  public long parameterCount() {
    return parameters.stream().mapToLong(parameter -> parameter.shape().elements()).sum();
  }

  /** Number of weights that a position uses. */
  public long activeParameterCount() {
    return Math.round(parameters.stream().mapToDouble(ModelParameter::activeElements).sum());
  }

  /** Records the stream behind the last block. Taps: {@code embedding}, {@code block.i}. */
  public Tensor hidden(Tensor input, ModelPass pass) {
    return hidden(input, pass, new BitSet());
  }

  /**
   * Records the stream with some blocks left out, for whoever asks for shapes alone.
   *
   * @param leftOut indices of blocks that give the stream the shape that it has
   */
  public Tensor hidden(Tensor input, ModelPass pass, BitSet leftOut) {
    Tensor stream = embedding(input, pass);
    int group = checkpointEvery == 0 ? blocks.size() : checkpointEvery;
    for (int from = 0; from < blocks.size(); from += group) {
      stream = group(from, Math.min(from + group, blocks.size()), stream, pass, leftOut);
    }
    return stream;
  }

  private Tensor embedding(Tensor input, ModelPass pass) {
    Tensor stream = wide(pass.inside(STEM, here -> stem.forward(input, here)), pass);
    pass.tap("embedding", stream);
    return stream;
  }

  private Tensor group(int from, int to, Tensor x, ModelPass pass, BitSet leftOut) {
    return checkpointEvery == 0
        ? run(from, to, x, pass, leftOut).whole(pass.ops())
        : pass.recomputed(() -> run(from, to, x, pass, leftOut).whole(pass.ops()));
  }

  private Residual run(int from, int to, Tensor x, ModelPass pass, BitSet leftOut) {
    Residual stream = Residual.of(x);
    for (int i = leftOut.nextClearBit(from); i < to; i = leftOut.nextClearBit(i + 1)) {
      stream = blocks.get(i).forward(stream, pass);
      pass.tap("block." + i, stream.whole(pass.ops()));
    }
    return stream;
  }

  /** Records the scores of a stream, in F32 at least. */
  public Tensor logits(Tensor hidden, ModelPass pass) {
    return wide(pass.inside(HEAD, here -> head.logits(hidden, here)), pass);
  }

  /**
   * Records the scores of what follows the last position of sequences [batch, length, ..], in F32
   * at least: [batch, 1, vocabulary]. For passes that are not differentiated.
   */
  public Tensor next(Tensor input, ModelPass pass) {
    Residual stream = run(0, blocks.size(), embedding(input, pass), pass, new BitSet());
    Residual last = stream.last(pass.ops());
    return wide(pass.inside(HEAD, here -> head.logits(last.sum(), last.branch(), here)), pass);
  }

  private static Tensor wide(Tensor x, ModelPass pass) {
    return x.dtype() == DType.BF16 ? pass.ops().cast(x, DType.F32) : x;
  }

  /** Records the summed loss of a stream and the number of its targets. */
  public Head.Loss loss(Tensor hidden, Tensor targets, ModelPass pass) {
    List<Head.Loss> loss = new ArrayList<>();
    pass.inside(
        HEAD,
        here -> {
          Head.Loss summed = head.summedLoss(hidden, targets, here);
          loss.add(summed);
          return summed.sum();
        });
    return loss.getFirst();
  }

  /** What each layer, inner ones too, carries from pass to pass, by its path. */
  public Map<String, List<StateSpec>> states() {
    Map<String, List<StateSpec>> states = new LinkedHashMap<>();
    parts().forEach(part -> part.layer().addStates(states));
    return states;
  }

  /** Bytes the states of one sequence take at a length. */
  public long stateBytes(long length) {
    return states().values().stream()
        .flatMap(List::stream)
        .mapToLong(spec -> spec.bytes(length))
        .sum();
  }

  /** The traits of every mixer and channel layer, with what those inside declare, by path. */
  public Map<String, LayerTraits> layers() {
    Map<String, LayerTraits> layers = new LinkedHashMap<>();
    parts().forEach(part -> layers.put(part.layer().path(), part.layer().traits()));
    return layers;
  }

  private Stream<BlockPart> parts() {
    return blocks.stream().flatMap(block -> block.parts().stream());
  }

  private Stream<PlacedLayer> allLayers() {
    return parts().flatMap(part -> part.layer().all());
  }

  /** The layers, inner ones too, that cannot run rows of a kind. */
  public List<Refusal> refusals(Sequences.Kind kind) {
    return allLayers()
        .filter(layer -> layer.layer().traits().refused().containsKey(kind))
        .map(layer -> new Refusal(layer.node(), reason(layer, kind)))
        .toList();
  }

  private static String reason(PlacedLayer layer, Sequences.Kind kind) {
    return String.valueOf(layer.layer().traits().refused().get(kind));
  }

  /** Why this model cannot run rows of a kind, or empty if it can. */
  public Optional<String> refusal(Sequences.Kind kind) {
    return refusals(kind).stream().findFirst().map(Refusal::toString);
  }

  /**
   * The layers, inner ones too, that see tokens behind their own; where these are what the model
   * has to predict it learns to copy.
   */
  public List<Refusal> foresight() {
    return allLayers()
        .filter(layer -> !layer.layer().traits().causal())
        .map(
            layer ->
                new Refusal(
                    layer.node(),
                    "is not causal: it sees what lies behind a position, which the model has to"
                        + " predict; use it with targets that are not in the input, such as classes"))
        .toList();
  }

  /**
   * Where a layer, inner ones too, stands in the file, with what was wrong when it was recorded.
   */
  public Problem problem(LayerFailedException failed) {
    return allLayers()
        .filter(layer -> (layer.path() + ".").startsWith(failed.path() + "."))
        .findFirst()
        .map(layer -> layer.node().problem(failed.reason()))
        .orElseThrow(() -> failed);
  }

  /** The layers, inner ones too, that keep this model from generating token by token. */
  public List<Refusal> generationRefusals() {
    return allLayers()
        .filter(layer -> !layer.layer().traits().causal() || !layer.layer().traits().stateful())
        .map(
            layer ->
                new Refusal(
                    layer.node(),
                    (layer.layer().traits().causal()
                            ? "carries no state from token to token"
                            : "is not causal: it sees tokens behind its own")
                        + ", so the model cannot generate"))
        .toList();
  }

  /** Why this model cannot generate, or empty if it can. */
  public Optional<String> generationRefusal() {
    return generationRefusals().stream().findFirst().map(Refusal::toString).or(this::endsRefusal);
  }

  /** Why the ends do not go from tokens to the next one. */
  private Optional<String> endsRefusal() {
    TensorType tokens = TensorType.i32(1, 1);
    TensorType taken = stem.input(1, 1);
    if (!taken.equals(tokens)) {
      return Optional.of(
          STEM + ": it takes " + taken + " and no tokens, so the model cannot generate");
    }
    return head.target(1, 1).equals(tokens)
        ? Optional.empty()
        : Optional.of(HEAD + ": it does not score the next token, so the model cannot generate");
  }
}
