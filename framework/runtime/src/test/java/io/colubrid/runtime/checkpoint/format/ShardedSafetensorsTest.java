package io.colubrid.runtime.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedSafetensorsTest {
  @TempDir Path folder;

  @BeforeEach
  void writeTwoShards() throws IOException {
    for (int shard = 1; shard <= 2; shard++) {
      new SafetensorsWriter()
          .add("w" + shard, StoredType.F32, List.of(1L), MemorySegment.ofArray(new float[] {shard}))
          .write(folder.resolve("shard-" + shard + ".safetensors"));
    }
  }

  private void index(String weightMap) throws IOException {
    Files.writeString(
        folder.resolve(StoredTensors.INDEX_NAME),
        "{\"metadata\":{\"total_size\":8},\"weight_map\":" + weightMap + "}");
  }

  @Test
  void shardsReadAsOne() throws IOException {
    index("{\"w2\":\"shard-2.safetensors\",\"w1\":\"shard-1.safetensors\"}");
    try (StoredTensors tensors = StoredTensors.open(folder)) {
      assertThat(tensors.tensors()).containsOnlyKeys("w1", "w2");
      assertThat(tensors.tensor("w2").toFloats()).containsExactly(2f);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret.safetensors",
        "/etc/passwd",
        "a/../../secret",
        "..\\\\secret",
        ".",
        "",
        "bad\\u0000name"
      })
  void noPathLeavesTheFolder(String name) throws IOException {
    index("{\"w1\":\"" + name + "\"}");
    assertThatThrownBy(() -> StoredTensors.open(folder).close())
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining("tensor w1: expected a file inside the index's folder, found '");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"w1":"shard-1.safetensors","w2":"shard-1.safetensors"} | these tensors are listed but in no shard: [w2]
          {"w1":"shard-1.safetensors","x":"shard-2.safetensors"}  | tensor w2 is not listed for this shard
          {"w1":"shard-3.safetensors"}                            | expected the shard shard-3.safetensors, found no such file
          {"w1":3}                                                | tensor w1: expected a file name, found 3
          {"w1":"shard-1.safetensors","w1":"shard-2.safetensors"} | Duplicate
          {}                                                      | expected a weight_map
          """)
  void refusesAnIndexThatDisagreesWithItsShards(String weightMap, String message)
      throws IOException {
    index(weightMap);
    assertThatThrownBy(() -> StoredTensors.open(folder).close())
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aFolderWithoutEitherFileSaysWhatWasExpected() {
    assertThatThrownBy(() -> StoredTensors.open(folder).close())
        .hasMessageContaining(
            "expected model.safetensors, model.safetensors.index.json or pytorch_model.bin");
  }
}
