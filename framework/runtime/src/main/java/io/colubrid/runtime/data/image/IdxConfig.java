package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.DataPath;
import io.colubrid.runtime.data.DataSource;
import io.colubrid.runtime.data.KeyChecks;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Images in IDX files, as MNIST and its like come. Each file is found with or without {@code .gz}.
 *
 * @param path the folder of the files; {@code ~/} is the home folder
 * @param images file of the images
 * @param labels file of their classes
 * @param testImages file of the images to evaluate on, or null to hold some of the others out
 * @param testLabels file of their classes, or null
 * @param heldOut share of the images to evaluate on where there are no test files
 * @param splitSeed decides which
 */
public record IdxConfig(
    DataSource source,
    @Nullable String path,
    String images,
    String labels,
    @Nullable String testImages,
    @Nullable String testLabels,
    double heldOut,
    long splitSeed,
    Normalization normalize,
    Augmentation augment,
    int readAhead)
    implements ImageFilesConfig {

  @Override
  public Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    KeyChecks.path(path, "source = idx needs the folder of the files", problems);
    if ((testImages == null) != (testLabels == null)) {
      problems.put(
          testImages == null ? "test-images" : "test-labels",
          "test-images and test-labels come together, or are both null");
    }
    checkFiles(problems);
    return problems;
  }

  @Override
  public IdxConfig absolute() {
    return new IdxConfig(
        source,
        DataPath.absolute(path),
        images,
        labels,
        testImages,
        testLabels,
        heldOut,
        splitSeed,
        normalize,
        augment,
        readAhead);
  }

  @Override
  public String description() {
    return description(testImages);
  }

  @Override
  public ImageData open() {
    requireUsable();
    Path folder = DataPath.of(Objects.requireNonNull(path));
    return openFiles(
        arena -> read(folder, images, labels, arena),
        testImages == null || testLabels == null
            ? null
            : arena -> read(folder, testImages, testLabels, arena));
  }

  private static Images read(Path folder, String images, String labels, Arena arena) {
    return IdxImages.read(IdxFile.find(folder, images), IdxFile.find(folder, labels), arena);
  }
}
