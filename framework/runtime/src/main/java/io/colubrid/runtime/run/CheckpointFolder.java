package io.colubrid.runtime.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run, each a folder {@code step-000123} that appears whole or not at all.
 *
 * <p>A checkpoint is written under a hidden name, forced to the medium and then renamed; only then
 * are older ones dropped. Whatever fails on the way leaves the earlier ones as they were. The
 * caller holds the {@link RunLock}: two processes must not work on one folder.
 */
public final class CheckpointFolder {
  private static final Logger log = LoggerFactory.getLogger(CheckpointFolder.class);
  private static final Pattern NAME = Pattern.compile("step-(\\d{1,18})");
  private static final Pattern LEFTOVER =
      Pattern.compile("\\.(step-\\d+)\\.(partial|dropped|replaced)");

  private final Path root;
  private final int keep;
  private final Disk disk;

  private CheckpointFolder(Path root, int keep, Disk disk) {
    this.root = root;
    this.keep = keep;
    this.disk = disk;
  }

  /**
   * Opens or creates the folder and clears away what an interrupted writer left.
   *
   * @param keep how many checkpoints remain after each save, at least 1
   */
  public static CheckpointFolder open(Path root, int keep) throws IOException {
    return open(root, keep, new Disk());
  }

  static CheckpointFolder open(Path root, int keep, Disk disk) throws IOException {
    if (keep < 1) {
      throw new IllegalArgumentException("expected to keep at least 1 checkpoint, found " + keep);
    }
    CheckpointFolder folder = new CheckpointFolder(root, keep, disk);
    try {
      disk.createFolders(root);
      folder.clearLeftovers();
    } catch (IOException e) {
      throw new CheckpointWriteException("the folder of checkpoints", root, e);
    }
    return folder;
  }

  /**
   * Writes a checkpoint, replacing one of the same step, and drops the oldest beyond {@code keep}.
   *
   * @throws CheckpointWriteException if the disk refuses; earlier checkpoints are untouched
   */
  public Checkpoint save(long step, CheckpointContent content) throws CheckpointWriteException {
    String name = nameOf(step);
    Path partial = hidden(name, "partial");
    boolean published = false;
    try {
      disk.deleteRecursively(partial);
      disk.createFolders(partial);
      CheckpointDraft draft = new CheckpointDraft(partial, disk);
      content.writeTo(draft);
      draft.seal(step);
      publish(partial, name);
      published = true;
      disk.syncFolder(root);
    } catch (UncheckedIOException e) {
      throw new CheckpointWriteException(name, root, Objects.requireNonNull(e.getCause()));
    } catch (IOException e) {
      throw new CheckpointWriteException(name, root, e);
    } finally {
      if (!published) {
        deleteOrWarn(partial);
      }
    }
    dropAround(step);
    return new Checkpoint(step, root.resolve(name), List.of());
  }

  /**
   * The newest checkpoint whose every byte is as it was written. Damaged ones are passed over, with
   * a warning.
   */
  public Optional<Checkpoint> latest() throws IOException {
    List<String> passedOver = new ArrayList<>();
    for (Map.Entry<Long, Path> entry : bySteps().descendingMap().entrySet()) {
      Path folder = entry.getValue();
      Optional<String> damage = CheckpointManifest.damage(folder);
      if (damage.isEmpty()) {
        return Optional.of(new Checkpoint(entry.getKey(), folder, List.copyOf(passedOver)));
      }
      String sentence =
          "checkpoint %s is damaged and passed over: %s".formatted(folder, damage.get());
      log.warn(sentence);
      passedOver.add(sentence);
    }
    return Optional.empty();
  }

  private void publish(Path partial, String name) throws IOException {
    Path target = root.resolve(name);
    Path replaced = hidden(name, "replaced");
    if (Files.exists(target)) {
      disk.rename(target, replaced);
    }
    try {
      disk.rename(partial, target);
    } catch (IOException e) {
      restore(replaced, target, e);
      throw e;
    }
    deleteOrWarn(replaced);
  }

  private void restore(Path replaced, Path target, IOException problem) {
    if (Files.exists(replaced)) {
      try {
        disk.rename(replaced, target);
      } catch (IOException e) {
        problem.addSuppressed(e);
      }
    }
  }

  private void dropAround(long saved) {
    try {
      NavigableMap<Long, Path> steps = bySteps();
      // Only a run that fell back behind damaged checkpoints can meet later ones here.
      steps.tailMap(saved, false).values().forEach(this::drop);
      steps.headMap(saved, true).descendingMap().values().stream().skip(keep).forEach(this::drop);
    } catch (IOException e) {
      log.warn("old checkpoints of {} could not be listed, so none was dropped: {}", root, e);
    }
  }

  private void drop(Path folder) {
    // Renamed first: a deletion cut short must not look like a damaged checkpoint.
    Path dropped = hidden(folder.getFileName().toString(), "dropped");
    try {
      disk.rename(folder, dropped);
    } catch (IOException e) {
      log.warn("old checkpoint {} could not be dropped: {}", folder, e.toString());
      return;
    }
    deleteOrWarn(dropped);
  }

  private void deleteOrWarn(Path folder) {
    try {
      disk.deleteRecursively(folder);
    } catch (IOException e) {
      log.warn(
          "{} could not be deleted and is left until the next start: {}", folder, e.toString());
    }
  }

  private void clearLeftovers() throws IOException {
    for (Path path : list()) {
      Matcher leftover = LEFTOVER.matcher(path.getFileName().toString());
      if (!leftover.matches()) {
        continue;
      }
      Path target = root.resolve(leftover.group(1));
      if (leftover.group(2).equals("replaced") && !Files.exists(target)) {
        disk.rename(path, target);
      } else {
        log.info("removing {}, left by an interrupted run", path);
        disk.deleteRecursively(path);
      }
    }
  }

  private NavigableMap<Long, Path> bySteps() throws IOException {
    NavigableMap<Long, Path> steps = new TreeMap<>();
    for (Path path : list()) {
      Matcher name = NAME.matcher(path.getFileName().toString());
      if (name.matches() && Files.isDirectory(path)) {
        steps.put(Long.valueOf(name.group(1)), path);
      }
    }
    return steps;
  }

  private List<Path> list() throws IOException {
    try (Stream<Path> paths = Files.list(root)) {
      return paths.sorted().toList();
    }
  }

  private Path hidden(String name, String suffix) {
    return root.resolve("." + name + "." + suffix);
  }

  private static String nameOf(long step) {
    if (step < 0) {
      throw new IllegalArgumentException("expected a step of at least 0, found " + step);
    }
    return "step-%06d".formatted(step);
  }
}
