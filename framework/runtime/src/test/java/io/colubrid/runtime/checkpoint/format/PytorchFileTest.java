package io.colubrid.runtime.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PytorchFileTest {
  private static final float[] SIX = {1, 2, 3, 4, 5, 6};

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("pytorch_model.bin");
  }

  private static byte[] stateDict() {
    return Pickle.begin()
        .dictionary()
        .tensor("whole", "FloatStorage", "0", 6, 0, new long[] {2, 3})
        .tensor("row", "FloatStorage", "0", 6, 3, new long[] {3})
        .view("turned", "FloatStorage", "0", 6, 0, new long[] {3, 2}, new long[] {1, 3})
        .view("column", "FloatStorage", "0", 6, 1, new long[] {2, 1}, new long[] {3, 7})
        .tensor("scalar", "FloatStorage", "0", 6, 5, new long[0])
        .tensor("none", "FloatStorage", "0", 6, 0, new long[] {0, 4})
        .tensor("tied", "FloatStorage", "0", 6, 0, new long[] {2, 3})
        .tensor("ids", "LongStorage", "1", 1, 0, new long[] {1})
        .end();
  }

  private Path writeStateDict() throws IOException {
    return RawPytorch.of(stateDict())
        .floats("0", SIX)
        .entry("data/1", new byte[] {-2, -1, -1, -1, -1, -1, -1, -1})
        .write(file());
  }

  @Test
  void readsViewsOfStorages() throws IOException {
    writeStateDict();
    try (StoredTensors file = StoredTensors.open(folder)) {
      assertThat(file.tensors().keySet())
          .containsExactly("whole", "row", "turned", "column", "scalar", "none", "tied", "ids");
      assertThat(file.tensor("whole").shape()).containsExactly(2L, 3L);
      assertThat(file.tensor("whole").toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(file.tensor("row").toFloats()).containsExactly(4, 5, 6);
      assertThat(file.tensor("turned").toFloats()).containsExactly(1, 4, 2, 5, 3, 6);
      assertThat(file.tensor("column").toFloats()).containsExactly(2, 5);
      assertThat(file.tensor("scalar").toFloats()).containsExactly(6);
      assertThat(file.tensor("none").toFloats()).isEmpty();
      assertThat(file.tensor("ids").toLongs()).containsExactly(-2);
      assertThat(file.tensor("tied").data().address())
          .isEqualTo(file.tensor("whole").data().address());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "DoubleStorage, F64", "FloatStorage, F32", "HalfStorage, F16", "BFloat16Storage, BF16",
    "LongStorage, I64", "IntStorage, I32", "ShortStorage, I16", "CharStorage, I8",
    "ByteStorage, U8", "BoolStorage, BOOL"
  })
  void knowsAllStorages(String storage, StoredType type) throws IOException {
    byte[] pickle =
        Pickle.begin().dictionary().tensor("w", storage, "7", 3, 0, new long[] {3}).end();
    RawPytorch.of(pickle).entry("data/7", new byte[3 * type.bytes()]).write(file());
    try (PytorchFile file = PytorchFile.open(file())) {
      assertThat(file.tensor("w").type()).isEqualTo(type);
      assertThat(file.tensor("w").elements()).isEqualTo(3);
    }
  }

  /** Each of these runs a command, or loads more code, in Python's own unpickler. */
  @ParameterizedTest
  @CsvSource({
    "os, system",
    "posix, system",
    "builtins, eval",
    "builtins, getattr",
    "__builtin__, exec",
    "subprocess, Popen",
    "torch.storage, _load_from_bytes",
    "torch.hub, load",
    "torch._utils, _rebuild_tensor_v2.__globals__",
    "collections, OrderedDict.__init__",
    "numpy.core.multiarray, _reconstruct",
  })
  void anyOtherClassIsRefusedByName(String module, String name) throws IOException {
    byte[] call = Pickle.begin().global(module, name).code('(').text("echo").codes("tR.").bytes();
    byte[] stacked =
        Pickle.begin().text(module).text(name).code(0x93).codes("(").text("1").codes("tR.").bytes();
    for (byte[] pickle : new byte[][] {call, stacked}) {
      RawPytorch.of(pickle).write(file());
      assertThatThrownBy(() -> PytorchFile.open(file()))
          .isInstanceOf(CheckpointFormatException.class)
          .hasMessageContaining("pytorch_model.bin: its pickle is refused")
          .hasMessageContaining("asks for " + module + "." + name);
    }
  }

  /** INST, OBJ, NEWOBJ, EXT1, PERSID and REDUCE of what is no class. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ios\nsystem\n.",
        "(cos\nsystem\no.",
        "ccollections\nOrderedDict\n)\u0081.",
        "\u0082\u0001.",
        "P0\n.",
        "})R.",
        "]}b.",
      })
  void otherWaysToCallAreUnknown(String codes) throws IOException {
    RawPytorch.of(Pickle.begin().codes(codes).bytes()).write(file());
    assertThatThrownBy(() -> PytorchFile.open(file()).close())
        .isInstanceOf(CheckpointFormatException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          K\u0005. | found the number 5
          N.       | found None
          .        | takes a value that it never made
          (.       | takes a value that it never made
          t.       | ends a group that it never began
          h\u0007. | recalls a value 7 that it never kept
          }K\u0001s. | takes a value that it never made
          }]Ns.    | has a list as a key
          ]q\u0000h\u0000a. | found a list
          }q\u0000X\u0001\u0000\u0000\u0000wh\u0000s. | found a dictionary under the text 'w'
          ]K\u0001u. | ends a group that it never began
          }(K\u0001u. | a key without a value
          X\u00ff\u00ff\u00ff\u00ff. | is cut off
          \u008a\u0009aaaaaaaaa. | a number of 9 bytes
          (X\u0007\u0000\u0000\u0000storageNX\u0001\u0000\u0000\u00000NK\u0001tQ. | expected a class of storages, found None
          \u0080\u0009. | of protocol 9
          """)
  void malformedPicklesAreErrors(String codes, String message) throws IOException {
    RawPytorch.of(Pickle.begin().codes(codes).bytes()).write(file());
    assertThatThrownBy(() -> PytorchFile.open(file()))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          6 | 1 | 2,3 | 3,1
          6 | 0 | 7   | 1
          6 | 6 | 1   | 1
          6 | 0 | 2,3 | 4,1
          6 | 0 | 9000000000000000000,2 | 0,0
          6 | 0 | 4000000000,4000000000,4000000000 | 0,0,0
          6 | 0 | 2,2 | 9223372036854775807,9223372036854775807
          6 | 9223372036854775807 | 1 | 1
          6 | 0 | 7   | 0
          """)
  void whatLiesOutsideAStorageIsRefused(long elements, long offset, String shape, String strides)
      throws IOException {
    byte[] pickle =
        Pickle.begin()
            .dictionary()
            .view("w", "FloatStorage", "0", elements, offset, longs(shape), longs(strides))
            .end();
    RawPytorch.of(pickle).floats("0", SIX).write(file());
    assertThatThrownBy(() -> PytorchFile.open(file()))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining("tensor w")
        .hasMessageContaining("does not fit a storage of 6 elements");
  }

  @ParameterizedTest
  @CsvSource({"-1, 3, 1", "0, -3, 1", "0, 3, -1"})
  void negativeNumbersAreRefused(long offset, long extent, long stride) throws IOException {
    long[] shape = {extent};
    byte[] pickle =
        Pickle.begin()
            .dictionary()
            .view("w", "FloatStorage", "0", 6, offset, shape, new long[] {stride})
            .end();
    RawPytorch.of(pickle).floats("0", SIX).write(file());
    assertThatThrownBy(() -> PytorchFile.open(file()))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining("-");
  }

  private static long[] longs(String text) {
    return Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray();
  }

  @Test
  void whatIsMissingOrOfAnotherKindIsNamed() throws IOException {
    assertRefused(RawPytorch.of(stateDict()), "tensor whole: there is no storage '0'");
    assertRefused(
        RawPytorch.of(stateDict()).floats("0", 1, 2),
        "expected the storage '0' to have 6 elements of F32, found 8 bytes");
    assertRefused(RawPytorch.of(stateDict()).without("data.pkl"), "expected an entry data.pkl");
    assertRefused(RawPytorch.of(stateDict()).text("byteorder", "big"), "found 'big'");
    assertRefused(RawPytorch.of(stateDict()).floats("0", SIX).compressed(), "is compressed");
  }

  private void assertRefused(RawPytorch raw, String message) throws IOException {
    raw.write(file());
    assertThatThrownBy(() -> PytorchFile.open(file()))
        .isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anOldFileIsToldFromADamagedOne() throws IOException {
    Files.write(file(), new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc});
    assertThatThrownBy(() -> PytorchFile.open(file())).hasMessageContaining("before 1.6");
  }

  @Test
  void aFileCutOffAnywhereIsAnError() throws IOException {
    byte[] whole = Files.readAllBytes(writeStateDict());
    for (int length = 0; length < whole.length; length++) {
      Files.write(file(), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> PytorchFile.open(file()).close())
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(CheckpointFormatException.class);
    }
  }

  @Test
  void damageIsAnErrorOrHarmless() throws IOException {
    byte[] whole = Files.readAllBytes(writeStateDict());
    SplittableRandom random = new SplittableRandom(5);
    int refused = 0;
    for (int i = 0; i < 1500; i++) {
      byte[] damaged = whole.clone();
      for (int j = random.nextInt(3); j >= 0; j--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      Files.write(file(), damaged);
      try (PytorchFile file = PytorchFile.open(file())) {
        file.tensors().values().forEach(StoredTensor::toDoubles);
      } catch (CheckpointFormatException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(300, 1499);
  }
}
