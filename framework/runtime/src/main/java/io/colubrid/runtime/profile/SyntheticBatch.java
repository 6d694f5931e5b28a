package io.colubrid.runtime.profile;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.runtime.data.Batch;
import io.colubrid.runtime.model.Model;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * A batch of random numbers of the types that a model's ends take, one document a row.
 *
 * @param segments all 0
 * @param positions counted from 0 in each row
 */
record SyntheticBatch(
    MemorySegment input, MemorySegment targets, MemorySegment segments, MemorySegment positions)
    implements Batch {
  private static final int FEWEST_TOKENS = 256;
  private static final int FEWEST_CLASSES = 2;

  static SyntheticBatch of(Model model, int batch, int length, Random random, Arena arena) {
    int tokens = tokens(model);
    TensorType target = model.head().target(batch, length);
    int classes = target.shape().rank() > 1 ? tokens : FEWEST_CLASSES;
    MemorySegment positions = arena.allocate(JAVA_INT, (long) batch * length);
    for (int i = 0; i < batch * length; i++) {
      positions.setAtIndex(JAVA_INT, i, i % length);
    }
    return new SyntheticBatch(
        random(model.stem().input(batch, length), tokens, random, arena),
        random(target, classes, random, arena),
        arena.allocate(JAVA_INT, (long) batch * length),
        positions);
  }

  /** The rows of the stem's table, where it has one. */
  private static int tokens(Model model) {
    return model.parameters().stream()
        .filter(parameter -> parameter.path().equals(Model.STEM + ".weight"))
        .mapToInt(parameter -> (int) parameter.shape().dim(0))
        .findFirst()
        .orElse(FEWEST_TOKENS);
  }

  private static MemorySegment random(TensorType type, int bound, Random random, Arena arena) {
    MemorySegment segment = arena.allocate(type.bytes());
    for (long i = 0; i < type.shape().elements(); i++) {
      if (type.dtype() == DType.I32) {
        segment.setAtIndex(JAVA_INT, i, random.nextInt(bound));
      } else {
        segment.setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian());
      }
    }
    return segment;
  }
}
