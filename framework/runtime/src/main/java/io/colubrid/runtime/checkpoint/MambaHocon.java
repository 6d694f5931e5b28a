package io.colubrid.runtime.checkpoint;

/**
 * The config file of a model whose layers are all one mixer.
 *
 * @param source what it was read from, for a comment
 * @param mixer keys of the mixer, one a line
 * @param epsilon of the norms between the layers
 */
record MambaHocon(
    String source,
    long width,
    String mixer,
    long layers,
    long vocabulary,
    boolean tied,
    double epsilon) {

  String text() {
    return """
    # Read from a config.json of type %s.
    model {
      d-model = %d
      blocks.layer.mixer {
    %s  }
      layers = [ { repeat = %d, of = [ layer ] } ]
      norm.epsilon = %s
      stem { type = embedding, vocabulary = %d }
      head { type = lm-head, vocabulary = %d, tie = %s, epsilon = %s }
    }
    """
        .formatted(
            source, width, mixer.indent(4), layers, epsilon, vocabulary, vocabulary, tied, epsilon);
  }
}
