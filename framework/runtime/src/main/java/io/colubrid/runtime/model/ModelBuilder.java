package io.colubrid.runtime.model;

import io.colubrid.nn.LayerNorm;
import io.colubrid.nn.RmsNorm;
import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.config.Problems;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.layer.Stem;
import io.colubrid.spi.layer.StreamShape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the layers of a graph and gathers their parameters. */
public final class ModelBuilder {
  private static final String CHANGES_SHAPE =
      "makes %s of %s, but a residual branch must keep the shape of the stream; a layer that changes"
          + " it stands in a block of its own, as bare { type = … }";

  private final ModelGraph graph;
  private final Problems problems = new Problems();
  private final Building building;

  private ModelBuilder(ModelGraph graph) {
    this.graph = graph;
    int branches = 0;
    for (BlockNode block : graph.blocks()) {
      branches += (block.mixer() == null ? 0 : 1) + (block.channel() == null ? 0 : 1);
    }
    this.building = new Building(problems, branches, graph.config().state().dtype());
  }

  /**
   * Builds a model.
   *
   * @throws ConfigProblemsException with everything that the factories refused, by file and line
   */
  public static Model build(ModelGraph graph) {
    return new ModelBuilder(graph).build();
  }

  /** The model; or null if factories of its layers refuse their config, which is added. */
  public static @Nullable Model check(ModelGraph graph, Problems problems) {
    try {
      return build(graph);
    } catch (ConfigProblemsException refused) {
      refused.problems().forEach(problems::add);
      return null;
    }
  }

  private Model build() {
    StreamShape width = StreamShape.sequence(graph.config().dModel());
    LayerNode stemNode = graph.stem();
    Stem stem =
        building.make(
            stemNode,
            width,
            place -> stemNode.layer().stemFactory().create(stemNode.config(), place));
    StreamShape stream = stem == null ? width : stem.output();
    List<Block> blocks = new ArrayList<>();
    for (BlockNode node : graph.blocks()) {
      List<BlockPart> parts = new ArrayList<>();
      stream = branch(node, node.mixer(), "mixer_norm", stream, parts);
      stream = branch(node, node.channel(), "channel_norm", stream, parts);
      stream = bare(node.bare(), stream, parts);
      blocks.add(new Block(node.path(), parts));
    }
    LayerNode headNode = graph.head();
    Head head =
        building.make(
            headNode,
            stream,
            place -> headNode.layer().headFactory().create(headNode.config(), place));
    problems.throwIfAny();
    if (stem == null || head == null) {
      throw new IllegalStateException("a part of the model is missing and no problem says why");
    }
    return new Model(stem, blocks, head, building.parameters(), graph.config().checkpointEvery());
  }

  private StreamShape branch(
      BlockNode block,
      @Nullable LayerNode node,
      String norm,
      StreamShape input,
      List<BlockPart> parts) {
    if (node == null) {
      return input;
    }
    BuildContext place = building.at(block.path(), input);
    Norm normed = norm(place, norm, input);
    PlacedLayer layer = building.layer(node, input);
    if (layer == null) {
      return input;
    }
    StreamShape output = layer.output(input);
    if (!output.equals(input)) {
      problems.add(node.source().origin(), node.place(), CHANGES_SHAPE.formatted(output, input));
    }
    ModelConfig config = graph.config();
    parts.add(
        new Branch(normed, config.norm().placement(), layer, config.dropout(), config.dropPath()));
    return output;
  }

  private StreamShape bare(@Nullable LayerNode node, StreamShape input, List<BlockPart> parts) {
    PlacedLayer layer = node == null ? null : building.layer(node, input);
    if (layer == null) {
      return input;
    }
    parts.add(new BlockPart.Bare(layer));
    return layer.output(input);
  }

  private Norm norm(BuildContext place, String name, StreamShape input) {
    NormConfig config = graph.config().norm();
    return switch (config.type()) {
      case RMS -> new Norm.Rms(new RmsNorm(place, name, input.width(), config.epsilon()));
      case LAYER -> new Norm.Layered(new LayerNorm(place, name, input.width(), config.epsilon()));
    };
  }
}
