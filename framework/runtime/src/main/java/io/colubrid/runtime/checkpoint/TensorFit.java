package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.checkpoint.format.StoredTensor;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.config.NearMatch;
import io.colubrid.spi.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compares the tensors that a model expects of a checkpoint with those that are there, by name,
 * shape and kind of number.
 */
final class TensorFit {
  /** Beyond this, hints would take longer than anybody would read them. */
  private static final long MOST_COMPARISONS = 100_000;

  private final Map<String, StoredTensor> found;
  private final Map<String, Shape> expected;
  private final List<String> missing;
  private final List<String> leftOver;

  private TensorFit(Map<String, StoredTensor> found, Map<String, Shape> expected) {
    this.found = found;
    this.expected = expected;
    this.missing = expected.keySet().stream().filter(name -> !found.containsKey(name)).toList();
    this.leftOver =
        found.keySet().stream()
            .filter(name -> !expected.containsKey(name) && !isAnotherNameOfExpected(name))
            .toList();
  }

  /** Tied weights can stand in a file under both names, in the same memory. */
  private boolean isAnotherNameOfExpected(String name) {
    StoredTensor tensor = found.get(name);
    return tensor != null
        && expected.keySet().stream()
            .map(found::get)
            .anyMatch(other -> other != null && isSame(tensor, other));
  }

  private static boolean isSame(StoredTensor a, StoredTensor b) {
    return a.type() == b.type()
        && a.shape().equals(b.shape())
        && a.data().byteSize() > 0
        && a.data().address() == b.data().address();
  }

  /**
   * Does nothing if all is as expected.
   *
   * @throws CheckpointMismatchException with all tensors that are missing, left over or different
   */
  static void require(StoredTensors stored, Map<String, Shape> expected)
      throws CheckpointMismatchException {
    List<String> problems = new TensorFit(stored.tensors(), expected).problems();
    if (!problems.isEmpty()) {
      throw new CheckpointMismatchException(stored.toString(), problems);
    }
  }

  private List<String> problems() {
    List<String> problems = new ArrayList<>();
    for (String name : missing) {
      String hint = near(name, leftOver).map(near -> "; left over is " + shown(near)).orElse("");
      problems.add("missing: " + name + " " + expected.get(name) + hint);
    }
    for (String name : leftOver) {
      String hint =
          near(name, missing)
              .map(near -> "; missing is " + near + " " + expected.get(near))
              .orElse("; the model has no use for it");
      problems.add("left over: " + shown(name) + hint);
    }
    expected.forEach((name, shape) -> different(name, shape, problems));
    return problems;
  }

  private void different(String name, Shape shape, List<String> problems) {
    StoredTensor tensor = found.get(name);
    if (tensor == null) {
      return;
    }
    if (!shapeOf(tensor).equals(shape)) {
      problems.add("wrong shape: " + shown(name) + ", expected " + shape);
    }
    if (!tensor.type().isFloating()) {
      problems.add(
          "wrong type: " + shown(name) + " holds " + tensor.type() + ", expected real numbers");
    }
  }

  private Optional<String> near(String name, Collection<String> candidates) {
    boolean tooMany = (long) missing.size() * leftOver.size() > MOST_COMPARISONS;
    return tooMany ? Optional.empty() : NearMatch.nearest(name, candidates);
  }

  private String shown(String name) {
    StoredTensor tensor = found.get(name);
    return tensor == null ? name : name + " " + tensor.shape();
  }

  static Shape shapeOf(StoredTensor tensor) {
    return Shape.of(tensor.shape().stream().mapToLong(Long::longValue).toArray());
  }
}
