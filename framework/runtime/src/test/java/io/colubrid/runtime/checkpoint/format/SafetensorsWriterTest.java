package io.colubrid.runtime.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void readsBackWhatWasWrittenAlignedToItsElements() throws IOException {
    float[] weights = {1f, -0f, Float.NaN, Float.MIN_VALUE};
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("format", "colubrid")
            .add("bytes", StoredType.U8, List.of(3L), MemorySegment.ofArray(new byte[] {1, 2, -1}))
            .add("weights", StoredType.F32, List.of(2L, 2L), MemorySegment.ofArray(weights))
            .add("steps", StoredType.I64, List.of(), MemorySegment.ofArray(new long[] {1L << 40}))
            .add("empty", StoredType.BF16, List.of(0L), MemorySegment.ofArray(new short[0]));
    Path path = folder.resolve("a.safetensors");
    writer.write(path);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.metadata()).isEqualTo(Map.of("format", "colubrid"));
      assertThat(file.tensors()).hasSize(4);
      assertThat(file.tensor("weights").toFloats()).containsExactly(weights);
      assertThat(file.tensor("bytes").toLongs()).containsExactly(1, 2, 255);
      assertThat(file.tensor("steps").toLongs()).containsExactly(1L << 40);
      for (StoredTensor tensor : file.tensors().values()) {
        assertThat(tensor.data().address() % tensor.type().bytes()).as(tensor.name()).isZero();
      }
    }
  }

  @Test
  void equalInputGivesEqualBytesInAnyOrderOfAdding() throws IOException {
    MemorySegment one = MemorySegment.ofArray(new float[] {1});
    new SafetensorsWriter()
        .add("a", StoredType.F32, List.of(1L), one)
        .add("b", StoredType.F32, List.of(1L), one)
        .write(folder.resolve("ab"));
    new SafetensorsWriter()
        .add("b", StoredType.F32, List.of(1L), one)
        .add("a", StoredType.F32, List.of(1L), one)
        .write(folder.resolve("ba"));
    assertThat(Files.mismatch(folder.resolve("ab"), folder.resolve("ba"))).isEqualTo(-1);
  }

  @Test
  void tensorsLargerThanOneChunkSurviveFromHeapAndNativeMemory() throws IOException {
    float[] values = new float[3_000_001];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    List<Long> shape = List.of((long) values.length);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment heap = MemorySegment.ofArray(values);
      MemorySegment off = arena.allocate(heap.byteSize()).copyFrom(heap);
      new SafetensorsWriter()
          .add("heap", StoredType.F32, shape, heap)
          .add("native", StoredType.F32, shape, off)
          .add(
              "pieces",
              StoredType.F32,
              shape,
              (at, to) -> to.copyFrom(off.asSlice(at, to.byteSize())))
          .write(folder.resolve("large"));
    }
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("large"))) {
      assertThat(Arrays.equals(file.tensor("heap").toFloats(), values)).isTrue();
      assertThat(Arrays.equals(file.tensor("native").toFloats(), values)).isTrue();
      assertThat(Arrays.equals(file.tensor("pieces").toFloats(), values)).isTrue();
    }
  }

  @Test
  void refusesTakenNamesAndBytesThatDoNotFit() {
    MemorySegment four = MemorySegment.ofArray(new byte[4]);
    SafetensorsWriter writer = new SafetensorsWriter().add("w", StoredType.U8, List.of(4L), four);
    assertThatThrownBy(() -> writer.add("w", StoredType.U8, List.of(4L), four))
        .hasMessage("two tensors are called w");
    assertThatThrownBy(() -> writer.add("v", StoredType.F32, List.of(2L), four))
        .hasMessage("tensor v: expected 8 bytes for F32 [2], found 4");
    assertThatThrownBy(() -> writer.add("v", StoredType.F32, List.of(-1L, -1L), four))
        .hasMessageContaining("negative extent");
    assertThatThrownBy(() -> writer.add("__metadata__", StoredType.U8, List.of(4L), four))
        .hasMessageContaining("__metadata__");
  }

  @ParameterizedTest
  @EnumSource(StoredType.class)
  void everyTypeConvertsToFloatAndDouble(StoredType type) throws IOException {
    MemorySegment two = encode(type, 2);
    new SafetensorsWriter().add("x", type, List.of(1L), two).write(folder.resolve("x"));
    double expected = type == StoredType.BOOL ? 1 : 2;
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("x"))) {
      assertThat(file.tensor("x").toFloats()).containsExactly((float) expected);
      assertThat(file.tensor("x").toDoubles()).containsExactly(expected);
      if (type.isFloating()) {
        assertThatThrownBy(() -> file.tensor("x").toLongs()).hasMessageContaining(type.name());
      } else {
        assertThat(file.tensor("x").toLongs()).containsExactly((long) expected);
      }
    }
  }

  @Test
  void halfPrecisionExtremesKeepTheirValues() throws IOException {
    short[] half = {0x7BFF, 0x0001, (short) 0x8000, 0x7C00, 0x7E00};
    short[] brain = {0x7F7F, 0x0001, (short) 0x8000, 0x7F80, 0x7FC0};
    new SafetensorsWriter()
        .add("half", StoredType.F16, List.of(5L), MemorySegment.ofArray(half))
        .add("brain", StoredType.BF16, List.of(5L), MemorySegment.ofArray(brain))
        .write(folder.resolve("x"));
    float inf = Float.POSITIVE_INFINITY;
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("x"))) {
      assertThat(file.tensor("half").toFloats())
          .containsExactly(65504f, 0x1p-24f, -0f, inf, Float.NaN);
      assertThat(file.tensor("brain").toFloats())
          .containsExactly(0x1.FEp127f, 0x1p-133f, -0f, inf, Float.NaN);
    }
  }

  @Test
  void aTargetOfTheWrongSizeIsRefused() throws IOException {
    new SafetensorsWriter()
        .add("x", StoredType.F16, List.of(1L), encode(StoredType.F16, 2))
        .write(folder.resolve("x"));
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("x"))) {
      assertThatThrownBy(() -> file.tensor("x").copyAsF32(MemorySegment.ofArray(new float[2])))
          .hasMessage("tensor x [1]: expected a target of 4 bytes, found 8");
    }
  }

  private static MemorySegment encode(StoredType type, int value) {
    return switch (type) {
      case F64 -> MemorySegment.ofArray(new double[] {value});
      case F32 -> MemorySegment.ofArray(new float[] {value});
      case F16 -> MemorySegment.ofArray(new short[] {Float.floatToFloat16(value)});
      case BF16 ->
          MemorySegment.ofArray(new short[] {(short) (Float.floatToIntBits(value) >>> 16)});
      case I64 -> MemorySegment.ofArray(new long[] {value});
      case I32 -> MemorySegment.ofArray(new int[] {value});
      case I16 -> MemorySegment.ofArray(new short[] {(short) value});
      case I8, U8, BOOL -> MemorySegment.ofArray(new byte[] {(byte) value});
    };
  }
}
