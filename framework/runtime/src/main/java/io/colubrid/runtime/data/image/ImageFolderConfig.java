package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.DataPath;
import io.colubrid.runtime.data.DataSource;
import io.colubrid.runtime.data.KeyChecks;
import io.colubrid.spi.config.Positive;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Image files in folders, one folder for each class.
 *
 * @param path the folder of the classes' folders; {@code ~/} is the home folder
 * @param testPath such a folder of images to evaluate on, or null to hold some of the others out
 * @param height pixels that images are brought to
 * @param width pixels that images are brought to
 * @param channels 1 for grey, 3 for colours
 * @param heldOut share of the images to evaluate on where there is no test path
 * @param splitSeed decides which
 */
public record ImageFolderConfig(
    DataSource source,
    @Nullable String path,
    @Nullable String testPath,
    @Positive int height,
    @Positive int width,
    int channels,
    double heldOut,
    long splitSeed,
    Normalization normalize,
    Augmentation augment,
    int readAhead)
    implements ImageFilesConfig {

  @Override
  public Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    KeyChecks.path(
        path, "source = image-folder needs the folder of the classes' folders", problems);
    if (channels != 1 && channels != 3) {
      problems.put("channels", "must be 1 for grey or 3 for colours, not " + channels);
    }
    checkFiles(problems);
    return problems;
  }

  @Override
  public ImageFolderConfig absolute() {
    return new ImageFolderConfig(
        source,
        DataPath.absolute(path),
        DataPath.absolute(testPath),
        height,
        width,
        channels,
        heldOut,
        splitSeed,
        normalize,
        augment,
        readAhead);
  }

  @Override
  public String description() {
    return description(testPath);
  }

  @Override
  public ImageData open() {
    requireUsable();
    Path root = DataPath.of(Objects.requireNonNull(path));
    ImageSize size = new ImageSize(height, width, channels);
    List<String> classes = FolderImages.classes(root);
    return openFiles(
        arena -> FolderImages.open(root, classes, size, arena),
        testPath == null
            ? null
            : arena -> FolderImages.open(DataPath.of(testPath), classes, size, arena));
  }
}
