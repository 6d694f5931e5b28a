package io.colubrid.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.runtime.checkpoint.format.SafetensorsFile;
import io.colubrid.runtime.checkpoint.format.SafetensorsWriter;
import io.colubrid.runtime.checkpoint.format.StoredType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointFolderTest {
  @TempDir Path folder;

  private static CheckpointContent content(float value) {
    SafetensorsWriter weights =
        new SafetensorsWriter()
            .add("w", StoredType.F32, List.of(1L), MemorySegment.ofArray(new float[] {value}));
    return draft -> {
      draft.write("model.safetensors", weights::writeTo);
      draft.writeString("run.json", "{\"value\":" + value + "}");
    };
  }

  private static float valueOf(Checkpoint checkpoint) throws IOException {
    try (SafetensorsFile file =
        SafetensorsFile.open(checkpoint.folder().resolve("model.safetensors"))) {
      return file.tensor("w").toFloats()[0];
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private Checkpoint latest() throws IOException {
    return CheckpointFolder.open(folder, 2).latest().orElseThrow();
  }

  @Test
  void theNewestIsFoundAndTheOldestAreDropped() throws IOException {
    CheckpointFolder checkpoints = CheckpointFolder.open(folder, 2);
    assertThat(checkpoints.latest()).isEmpty();
    for (long step : new long[] {5, 10, 999_999, 1_000_000}) {
      checkpoints.save(step, content(step));
    }
    assertThat(names()).containsExactly("step-1000000", "step-999999");
    assertThat(latest().step()).isEqualTo(1_000_000);
    assertThat(valueOf(latest())).isEqualTo(1_000_000f);
    assertThat(latest().passedOver()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"200, false", "200, true", "100, false", "100, true"})
  void whateverCallFailsAnIntactCheckpointIsFound(long step, boolean staysDead) throws IOException {
    int failures = 0;
    for (int k = 1; ; k++) {
      new Disk().deleteRecursively(folder);
      CheckpointFolder.open(folder, 1).save(100, content(1));
      FailingDisk disk = new FailingDisk(k, staysDead);
      boolean saved = true;
      try {
        CheckpointFolder.open(folder, 1, disk).save(step, content(2));
      } catch (CheckpointWriteException e) {
        assertThat(e).hasMessageContaining("No space left on device");
        saved = false;
        failures++;
      }
      assertThat(latest().passedOver()).as("call %d", k).isEmpty();
      assertThat(valueOf(latest())).as("call %d", k).isIn(saved ? List.of(2f) : List.of(1f, 2f));
      assertThat(names()).as("call %d", k).noneMatch(name -> name.startsWith("."));
      if (!disk.failed()) {
        break;
      }
    }
    assertThat(failures).isGreaterThan(12);
  }

  @Test
  void aFailureThatPassesLeavesNoPartialBehind() throws IOException {
    CheckpointFolder checkpoints = CheckpointFolder.open(folder, 1);
    checkpoints.save(100, content(1));
    assertThatThrownBy(
            () ->
                checkpoints.save(
                    200,
                    draft -> {
                      content(2).writeTo(draft);
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(CheckpointWriteException.class)
        .hasMessage(
            ("step-000200 was not written to %s: No space left on device. Earlier checkpoints"
                    + " there are untouched; make room or the folder writable, then resume")
                .formatted(folder));
    assertThat(names()).containsExactly("step-000100");
    checkpoints.save(200, content(2));
    assertThat(names()).containsExactly("step-000200");
  }

  @Test
  void aProgrammingErrorLeavesNoPartialEither() throws IOException {
    CheckpointFolder checkpoints = CheckpointFolder.open(folder, 1);
    assertThatThrownBy(
            () ->
                checkpoints.save(
                    1,
                    draft -> {
                      throw new IllegalStateException("bug");
                    }))
        .hasMessage("bug");
    assertThat(names()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "model.safetensors, flip, expected the checksum",
    "model.safetensors, cut, expected 68 bytes",
    "run.json, delete, run.json is missing",
    "checkpoint.json, delete, checkpoint.json is missing",
    "checkpoint.json, cut, checkpoint.json is not readable"
  })
  void aDamagedNewestFallsBackToTheOneBeforeAndSaysSo(String file, String how, String message)
      throws IOException {
    CheckpointFolder checkpoints = CheckpointFolder.open(folder, 2);
    checkpoints.save(100, content(1));
    Path damaged = checkpoints.save(200, content(2)).folder().resolve(file);
    byte[] bytes = Files.readAllBytes(damaged);
    switch (how) {
      case "delete" -> Files.delete(damaged);
      case "cut" -> Files.write(damaged, Arrays.copyOf(bytes, bytes.length / 2));
      default -> {
        bytes[bytes.length - 1] ^= 1;
        Files.write(damaged, bytes);
      }
    }
    assertThat(latest().step()).isEqualTo(100);
    assertThat(valueOf(latest())).isEqualTo(1f);
    assertThat(latest().passedOver()).hasSize(1);
    assertThat(latest().passedOver().getFirst())
        .contains(damaged.getParent().toString())
        .contains(message);
  }

  @Test
  void aRunThatFellBackNeverDropsWhatItJustSaved() throws IOException {
    CheckpointFolder checkpoints = CheckpointFolder.open(folder, 1);
    Files.delete(checkpoints.save(300, content(3)).folder().resolve("run.json"));
    checkpoints.save(250, content(2));
    assertThat(latest().step()).isEqualTo(250);
    assertThat(names()).containsExactly("step-000250");
  }

  @Test
  void leftoversOfAKilledWriterAreClearedAndAHalfReplacedOneReturns() throws IOException {
    CheckpointFolder checkpoints = CheckpointFolder.open(folder, 1);
    Path saved = checkpoints.save(100, content(1)).folder();
    Files.move(saved, folder.resolve(".step-000100.replaced"));
    Files.createDirectories(folder.resolve(".step-000100.partial"));
    Files.writeString(folder.resolve(".step-000100.partial/model.safetensors"), "half");
    Files.createDirectories(folder.resolve(".step-000050.dropped"));
    Files.writeString(folder.resolve("notes.txt"), "the user's own");
    assertThat(latest().step()).isEqualTo(100);
    assertThat(names()).containsExactly("notes.txt", "step-000100");
  }

  @Test
  void aFileInTheWayOfTheFolderIsAClearError() throws IOException {
    Path file = Files.writeString(folder.resolve("checkpoints"), "");
    assertThatThrownBy(() -> CheckpointFolder.open(file, 1))
        .isInstanceOf(CheckpointWriteException.class)
        .hasMessageContaining(file.toString());
  }

  @ParameterizedTest
  @CsvSource({"a/b", "../a", ".hidden", "checkpoint.json", "''", "run.json"})
  void aDraftTakesPlainUnusedNamesOnly(String name) throws IOException {
    CheckpointFolder checkpoints = CheckpointFolder.open(folder, 1);
    assertThatThrownBy(
            () ->
                checkpoints.save(
                    1,
                    draft -> {
                      draft.writeString("run.json", "");
                      draft.writeString(name, "");
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + name + "'");
  }
}
