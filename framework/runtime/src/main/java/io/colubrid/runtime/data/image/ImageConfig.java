package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.DataConfig;
import io.colubrid.runtime.data.KeyChecks;
import io.colubrid.runtime.data.Measure;
import io.colubrid.runtime.data.Task;
import java.util.Map;

/** Images with a class each. */
interface ImageConfig extends DataConfig {
  /** How bytes become numbers. */
  Normalization normalize();

  /** How training varies images. */
  Augmentation augment();

  @Override
  default Task task() {
    return new Task(Task.Unit.IMAGE, Measure.accuracy(), "nats an image", 1);
  }

  /** Adds what is wrong with the keys that all kinds of images have. */
  default void checkShared(Map<String, String> problems) {
    normalize().check(problems);
    augment().check(problems);
    KeyChecks.readAhead(readAhead(), problems);
  }
}
