package io.colubrid.runtime.data.image;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.runtime.data.DataException;
import io.colubrid.runtime.data.HeldOut;
import io.colubrid.runtime.data.ItemBatch;
import io.colubrid.runtime.data.Items;
import io.colubrid.runtime.data.Measure;
import io.colubrid.runtime.data.Score;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** All held-out images, one after the other, and how many of them are recognised. */
final class ImageHeldOut implements HeldOut<ItemBatch> {
  private static final int NO_CLASS = -1;
  private static final Measure LOSS = Measure.lower("loss", "loss");

  private final Items items;
  private final int classes;
  private long done;
  private int[] labels = new int[0];
  private long correct;
  private double nats;

  /**
   * @throws DataException if no image is held out
   */
  ImageHeldOut(Items items, int classes) {
    if (items.size() == 0) {
      throw new DataException(
          "no images are held out, so there is nothing to evaluate on; set held-out above 0");
    }
    this.items = items;
    this.classes = classes;
  }

  @Override
  public ItemBatch allocate(Arena arena, int rows) {
    return ItemBatch.allocate(arena, rows, items);
  }

  @Override
  public void rewind() {
    done = 0;
    correct = 0;
    nats = 0;
  }

  @Override
  public boolean next(ItemBatch into) {
    int count = (int) Math.min(into.rows(), items.size() - done);
    if (count == 0) {
      return false;
    }
    labels = new int[count];
    for (int row = 0; row < into.rows(); row++) {
      MemorySegment target = into.targets(row);
      if (row < count) {
        items.read(done + row, 0, into.input(row), target);
        labels[row] = target.get(JAVA_INT, 0);
      } else {
        into.input(row).fill((byte) 0);
        target.set(JAVA_INT, 0, NO_CLASS);
      }
    }
    done += count;
    return true;
  }

  @Override
  public boolean readsAnswers() {
    return true;
  }

  @Override
  public void add(double summedLoss, MemorySegment answers) {
    nats += summedLoss;
    for (int row = 0; row < labels.length; row++) {
      if (best(answers, (long) row * classes) == labels[row]) {
        correct++;
      }
    }
  }

  /** The class with the highest score, the first of equals; none if a score is no number. */
  private int best(MemorySegment scores, long from) {
    int best = 0;
    float highest = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      float score = scores.getAtIndex(JAVA_FLOAT, from + c);
      if (Float.isNaN(score)) {
        return NO_CLASS;
      }
      if (score > highest) {
        highest = score;
        best = c;
      }
    }
    return best;
  }

  @Override
  public Score score() {
    return Score.of(Measure.accuracy(), (double) correct / done).with(LOSS, nats / done);
  }
}
