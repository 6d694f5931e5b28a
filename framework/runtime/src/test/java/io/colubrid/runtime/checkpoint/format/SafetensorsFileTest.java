package io.colubrid.runtime.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  @TempDir Path folder;

  @Test
  void readsNamesShapesTypesAndMetadataAtAnyAlignment() throws IOException {
    String header =
        """
        {"__metadata__":{"format":"pt"},"flag":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},\
        "w":{"dtype":"F32","shape":[1,2],"data_offsets":[1,9]},\
        "none":{"dtype":"F64","shape":[0,3],"data_offsets":[9,9]},\
        "scalar":{"dtype":"U8","shape":[],"data_offsets":[9,10]}}\
        """;
    byte[] data =
        ByteBuffer.allocate(10)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) 1)
            .putFloat(1.5f)
            .putFloat(-2f)
            .put((byte) 255)
            .array();
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    Path path = RawSafetensors.write(folder.resolve("a"), json.length, json, data);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
      assertThat(file.tensors().keySet()).containsExactly("flag", "w", "none", "scalar");
      assertThat(file.tensor("w").shape()).containsExactly(1L, 2L);
      assertThat(file.tensor("w").toFloats()).containsExactly(1.5f, -2f);
      assertThat(file.tensor("flag").toLongs()).containsExactly(1);
      assertThat(file.tensor("none").toDoubles()).isEmpty();
      assertThat(file.tensor("scalar").shape()).isEmpty();
      assertThat(file.tensor("scalar").toLongs()).containsExactly(255);
      assertThatThrownBy(() -> file.tensor("v"))
          .isInstanceOf(NoSuchElementException.class)
          .hasMessageContaining("no tensor v among the 4");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"w":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}       | 4 | tensor w: expected a dtype of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, found "F31"
          {"w":{"shape":[1],"data_offsets":[0,4]}}                     | 4 | found nothing
          {"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}       | 4 | tensor w: expected 8 bytes for F32 [2], found 4 (data_offsets [0, 4])
          {"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}       | 3 | tensor w: expected begin <= end <= 3, found data_offsets [0, 4]; the file may be cut off
          {"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}       | 4 | expected begin <= end
          {"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}}         | 4 | tensor w: expected two data_offsets, found [0]
          {"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}      | 4 | tensor w: expected shape of whole numbers from 0 to 2^63 - 1, found -1
          {"w":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}     | 4 | found 1.0
          {"w":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}} | 4 | found 99999999999999999999
          {"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}} | 4 | tensor w: shape [4294967296, 4294967296] has more than 2^63 bytes
          {"w":{"dtype":"F32","shape":"1","data_offsets":[0,4]}}       | 4 | tensor w: expected shape as an array of whole numbers, found "1"
          {"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"v":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}} | 3 | tensor v overlaps tensor w: expected it to begin at 2, found 1
          {"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"v":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}} | 3 | tensor v leaves a hole after tensor w: expected it to begin at 1, found 2
          {"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}        | 2 | tensor w leaves a hole after the header
          {"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}        | 2 | expected the data to end with tensor w at byte 1, found 2 bytes
          {"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} | 1 | Duplicate
          {"w":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}} | 1 | Duplicate
          {"__metadata__":{"a":1}}                                     | 0 | __metadata__.a: expected a string, found 1
          {"w":3}                                                      | 0 | tensor w: expected an object of dtype, shape and data_offsets, found 3
          {} {}                                                        | 0 | expected a JSON object
          {"w":                                                        | 0 | expected a JSON object
          [1]                                                          | 0 | expected a header that begins with '{'
          """)
  void refusesABrokenHeaderByNameOfFileAndTensor(String header, int dataBytes, String message)
      throws IOException {
    Path path = RawSafetensors.write(folder.resolve("broken.safetensors"), header, dataBytes);
    assertThatThrownBy(() -> SafetensorsFile.open(path).close())
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "100000001, expected a header of at most 100000000 bytes",
    "-1, found the length 18446744073709551615",
    "3, the file is cut off: expected a header of 3 bytes",
    "0, expected a header that begins with '{'"
  })
  void refusesAHeaderLengthTheFileCannotHave(long length, String message) throws IOException {
    Path path =
        RawSafetensors.write(folder.resolve("a"), length, new byte[] {'{', '}'}, new byte[0]);
    assertThatThrownBy(() -> SafetensorsFile.open(path).close())
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesAFileShorterThanTheHeaderLength() throws IOException {
    for (int bytes : new int[] {0, 7}) {
      Path path = Files.write(folder.resolve("short"), new byte[bytes]);
      assertThatThrownBy(() -> SafetensorsFile.open(path).close())
          .isInstanceOf(CheckpointFormatException.class)
          .hasMessageContaining("found a file of " + bytes + " bytes");
    }
  }

  @Test
  void everyTruncationOfAGoodFileIsRefused() throws IOException {
    String header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    byte[] good = Files.readAllBytes(RawSafetensors.write(folder.resolve("good"), header, 8));
    for (int length = 0; length < good.length; length++) {
      Path path = Files.write(folder.resolve("cut"), Arrays.copyOf(good, length));
      assertThatThrownBy(() -> SafetensorsFile.open(path).close())
          .as("cut to %d bytes", length)
          .isInstanceOf(CheckpointFormatException.class);
    }
  }

  @Test
  void segmentsDieWithTheFile() throws IOException {
    String header = "{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
    SafetensorsFile file =
        SafetensorsFile.open(RawSafetensors.write(folder.resolve("a"), header, 1));
    StoredTensor tensor = file.tensor("w");
    file.close();
    file.close();
    assertThatThrownBy(tensor::toLongs).isInstanceOf(IllegalStateException.class);
  }
}
