package io.colubrid.runtime.profile;

import io.colubrid.engine.tape.Node;
import io.colubrid.runtime.model.Model;
import java.util.ArrayList;
import java.util.List;

/** Says which layer of a model a node is of: itself, a part of it, its parameter or its norm. */
final class LayerNames {
  static final String OUTSIDE = "(between layers)";

  private final List<String> layers = new ArrayList<>();

  LayerNames(Model model) {
    layers.add(Model.STEM);
    layers.addAll(model.layers().keySet());
    layers.add(Model.HEAD);
  }

  /** All layers, in the model's order. */
  List<String> all() {
    return layers;
  }

  String of(Node node) {
    String path = node.path();
    for (String layer : layers) {
      if (path.startsWith(layer) && endsAt(path, layer.length())) {
        return layer;
      }
    }
    return OUTSIDE;
  }

  private static boolean endsAt(String path, int length) {
    return path.length() == length
        || path.charAt(length) == '.'
        || path.startsWith("_norm", length);
  }
}
