package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.KeyChecks;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Images in files: some of them are held out where there are no others to evaluate on. */
interface ImageFilesConfig extends ImageConfig {
  @Nullable String path();

  /** Share of the images to evaluate on where there are no others. */
  double heldOut();

  /** Decides which. */
  long splitSeed();

  /** Adds what is wrong with the keys that all kinds of image files have. */
  default void checkFiles(Map<String, String> problems) {
    KeyChecks.share(heldOut(), problems);
    checkShared(problems);
  }

  /**
   * @param tests what to evaluate on, or null to hold some out
   */
  default String description(@Nullable String tests) {
    return tests != null
        ? "Images of %s, tested on all of %s".formatted(path(), tests)
        : "Images of %s, %.0f %% of them held out".formatted(path(), 100 * heldOut());
  }

  /**
   * Reads images into an arena, which is the data's own and closed with them.
   *
   * @param tests reads those to evaluate on, or null to hold some out
   */
  // The arena is shared because a prefetching thread reads too.
  @SuppressWarnings("MustBeClosedChecker")
  default ImageData openFiles(
      Function<Arena, Images> images, @Nullable Function<Arena, Images> tests) {
    Arena arena = Arena.ofShared();
    try {
      Images all = images.apply(arena);
      return tests == null
          ? ImageData.split(arena, all, this, heldOut(), splitSeed())
          : ImageData.of(arena, all, tests.apply(arena), this);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }
}
