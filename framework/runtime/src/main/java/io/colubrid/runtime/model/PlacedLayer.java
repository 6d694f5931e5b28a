package io.colubrid.runtime.model;

import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A layer at its place in the model. Its forward tells the pass where it is, so that a layer finds
 * its own states and random streams without knowing its path.
 *
 * @param node its path, and where it stands in the file
 * @param inner the layers that it is made of, in the order in which it made them
 */
record PlacedLayer(LayerNode node, Layer layer, List<PlacedLayer> inner) implements Layer {
  PlacedLayer {
    inner = List.copyOf(inner);
  }

  String path() {
    return node.path();
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    return ((ModelPass) pass).inside(path(), here -> layer.forward(x, here));
  }

  @Override
  public StreamShape output(StreamShape input) {
    return layer.output(input);
  }

  /**
   * What the layer declares, with what follows from the layers inside it: it is causal and carries
   * states if all of them do, couples rows if one does, and refuses what one refuses. The states
   * are its own alone, without those of the layers inside.
   */
  @Override
  public LayerTraits traits() {
    LayerTraits traits = layer.traits();
    for (PlacedLayer part : inner) {
      traits = combined(traits, part.traits());
    }
    return traits;
  }

  private static LayerTraits combined(LayerTraits outer, LayerTraits part) {
    boolean stateful = outer.stateful() && part.stateful();
    LayerTraits traits =
        new LayerTraits(
            outer.alone() && part.alone(),
            outer.causal() && part.causal(),
            outer.batchCoupled() || part.batchCoupled(),
            stateful,
            stateful ? outer.states() : List.of(),
            outer.refused());
    for (Map.Entry<Sequences.Kind, String> refused : part.refused().entrySet()) {
      if (!outer.refused().containsKey(refused.getKey())) {
        traits = traits.refusing(refused.getKey(), refused.getValue());
      }
    }
    return traits;
  }

  /** This layer and all inside it, at any depth; those that are made of none come before it. */
  Stream<PlacedLayer> all() {
    return Stream.concat(inner.stream().flatMap(PlacedLayer::all), Stream.of(this));
  }

  /**
   * Adds what this layer and those inside it carry from pass to pass, by path. A layer that can
   * carry none has none inside.
   */
  void addStates(Map<String, List<StateSpec>> states) {
    LayerTraits traits = traits();
    states.put(path(), traits.states());
    if (traits.stateful()) {
      inner.forEach(part -> part.addStates(states));
    }
  }
}
