package io.colubrid.runtime.verify;

import io.colubrid.runtime.checkpoint.format.StoredTensor;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.spi.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What somebody else's implementation computed, read from a checkpoint's folder.
 *
 * @param input rows of tokens, or images with their classes
 * @param logits [batch, length, vocabulary], or [batch, classes]
 * @param loss mean cross entropy with the next token, or with the class
 * @param hiddenStates by the name of their tap
 * @param gradients by the checkpoint's names; none if the folder has none
 * @param generation a prompt and its greedy continuation, if the folder has one
 */
record Oracle(
    OracleInput input,
    Numbers logits,
    Numbers loss,
    Map<String, Numbers> hiddenStates,
    Map<String, Numbers> gradients,
    Optional<Generation> generation) {
  private static final String REFERENCE = "reference.safetensors";
  private static final String GRADIENTS = "gradients.safetensors";
  private static final String GENERATION = "generation.safetensors";
  private static final String INPUTS = "input_ids";
  private static final String LOGITS = "logits";
  private static final String LOSS = "loss";
  private static final String IMAGES = "images";
  private static final String LABELS = "labels";
  private static final Set<String> NO_HIDDEN_STATES = Set.of(INPUTS, IMAGES, LABELS, LOGITS, LOSS);

  /** Elements with their shape. */
  record Numbers(Shape shape, double[] elements) {
    static Numbers of(StoredTensor tensor) {
      return new Numbers(shapeOf(tensor), tensor.toDoubles());
    }
  }

  /**
   * A greedy continuation.
   *
   * @param prompt number of tokens given
   * @param tokens the prompt and what follows
   */
  record Generation(int prompt, List<Integer> tokens) {}

  static Oracle read(Path folder) throws IOException {
    Path file = folder.resolve(REFERENCE);
    if (!Files.exists(file)) {
      throw new VerificationException(file + ": no such file; it holds what to compare with");
    }
    Map<String, Numbers> gradients = gradients(folder.resolve(GRADIENTS));
    try (StoredTensors stored = StoredTensors.open(file)) {
      boolean images = stored.tensors().containsKey(IMAGES);
      StoredTensor logits = tensor(stored, LOGITS);
      requireRank(stored, logits, images ? 2 : 3);
      StoredTensor loss = tensor(stored, LOSS);
      if (loss.elements() != 1) {
        throw new VerificationException(
            "%s: expected loss to be one number, found %s".formatted(stored, loss.shape()));
      }
      long vocabulary = logits.shape().getLast();
      Map<String, Numbers> hidden = new LinkedHashMap<>();
      stored
          .tensors()
          .forEach(
              (name, tensor) -> {
                if (!NO_HIDDEN_STATES.contains(name)) {
                  hidden.put(name, Numbers.of(tensor));
                }
              });
      return new Oracle(
          images ? images(stored, vocabulary) : tokens(stored, vocabulary),
          Numbers.of(logits),
          Numbers.of(loss),
          hidden,
          gradients,
          generation(folder.resolve(GENERATION), vocabulary));
    }
  }

  private static OracleInput tokens(StoredTensors stored, long vocabulary)
      throws VerificationException {
    StoredTensor inputs = tensor(stored, INPUTS);
    requireRank(stored, inputs, 2);
    return new OracleInput.Tokens(ids(stored, inputs, vocabulary), shapeOf(inputs));
  }

  private static OracleInput images(StoredTensors stored, long classes)
      throws VerificationException {
    StoredTensor images = tensor(stored, IMAGES);
    requireRank(stored, images, 4);
    StoredTensor labels = tensor(stored, LABELS);
    if (!labels.shape().equals(images.shape().subList(0, 1))) {
      throw new VerificationException(
          "%s: expected a label for each of the images %s, found %s"
              .formatted(stored, images.shape(), labels.shape()));
    }
    return OracleInput.Images.of(images, ids(stored, labels, classes));
  }

  private static Map<String, Numbers> gradients(Path file) throws IOException {
    Map<String, Numbers> gradients = new LinkedHashMap<>();
    if (Files.exists(file)) {
      try (StoredTensors stored = StoredTensors.open(file)) {
        stored.tensors().forEach((name, tensor) -> gradients.put(name, Numbers.of(tensor)));
      }
    }
    return gradients;
  }

  private static Optional<Generation> generation(Path file, long vocabulary) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (StoredTensors stored = StoredTensors.open(file)) {
      int[] prompt = ids(stored, tensor(stored, "prompt"), vocabulary);
      int[] tokens = ids(stored, tensor(stored, "tokens"), vocabulary);
      if (tokens.length <= prompt.length
          || !Arrays.equals(prompt, Arrays.copyOf(tokens, prompt.length))) {
        throw new VerificationException(
            file + ": expected tokens to be one row that begins with the prompt");
      }
      return Optional.of(new Generation(prompt.length, Arrays.stream(tokens).boxed().toList()));
    }
  }

  private static StoredTensor tensor(StoredTensors stored, String name)
      throws VerificationException {
    StoredTensor tensor = stored.tensors().get(name);
    if (tensor == null) {
      throw new VerificationException(stored + ": expected a tensor '" + name + "', found none");
    }
    return tensor;
  }

  private static void requireRank(StoredTensors stored, StoredTensor tensor, int rank)
      throws VerificationException {
    if (tensor.shape().size() != rank) {
      throw new VerificationException(
          "%s: expected %s to have %d axes, found %s"
              .formatted(stored, tensor.name(), rank, tensor.shape()));
    }
  }

  private static int[] ids(StoredTensors stored, StoredTensor tensor, long vocabulary)
      throws VerificationException {
    if (tensor.type().isFloating()) {
      throw new VerificationException(
          "%s: expected %s to hold whole numbers, found %s"
              .formatted(stored, tensor.name(), tensor.type()));
    }
    for (long id : tensor.toLongs()) {
      if (id < 0 || id >= vocabulary) {
        throw new VerificationException(
            "%s: %s has a number %d, expected 0 to %d"
                .formatted(stored, tensor.name(), id, vocabulary - 1));
      }
    }
    return Arrays.stream(tensor.toLongs()).mapToInt(Math::toIntExact).toArray();
  }

  private static Shape shapeOf(StoredTensor tensor) {
    return Shape.of(tensor.shape().stream().mapToLong(Long::longValue).toArray());
  }
}
