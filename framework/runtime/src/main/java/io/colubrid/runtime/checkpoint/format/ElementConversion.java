package io.colubrid.runtime.checkpoint.format;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Converts a file's elements, which may lie at any alignment, to the types computed with. */
final class ElementConversion {
  static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private ElementConversion() {}

  static void toF32(StoredTensor tensor, MemorySegment target) {
    long elements = tensor.elements();
    MemorySegment data = tensor.data();
    switch (tensor.type()) {
      case F32 ->
          MemorySegment.copy(data, F32, 0, target, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, elements);
      case F16 -> {
        for (long i = 0; i < elements; i++) {
          putFloat(target, i, Float.float16ToFloat(data.get(I16, 2 * i)));
        }
      }
      case BF16 -> {
        for (long i = 0; i < elements; i++) {
          putFloat(target, i, bf16ToFloat(data.get(I16, 2 * i)));
        }
      }
      case F64 -> {
        for (long i = 0; i < elements; i++) {
          putFloat(target, i, (float) data.get(F64, 8 * i));
        }
      }
      default -> {
        for (long i = 0; i < elements; i++) {
          putFloat(target, i, integer(tensor, i));
        }
      }
    }
  }

  static void toF64(StoredTensor tensor, MemorySegment target) {
    long elements = tensor.elements();
    for (long i = 0; i < elements; i++) {
      target.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, Double.BYTES * i, asDouble(tensor, i));
    }
  }

  static long[] toLongs(StoredTensor tensor) {
    long[] values = new long[Math.toIntExact(tensor.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = integer(tensor, i);
    }
    return values;
  }

  private static double asDouble(StoredTensor tensor, long i) {
    MemorySegment data = tensor.data();
    return switch (tensor.type()) {
      case F64 -> data.get(F64, 8 * i);
      case F32 -> data.get(F32, 4 * i);
      case F16 -> Float.float16ToFloat(data.get(I16, 2 * i));
      case BF16 -> bf16ToFloat(data.get(I16, 2 * i));
      default -> (double) integer(tensor, i);
    };
  }

  private static long integer(StoredTensor tensor, long i) {
    MemorySegment data = tensor.data();
    return switch (tensor.type()) {
      case I64 -> data.get(I64, 8 * i);
      case I32 -> data.get(I32, 4 * i);
      case I16 -> data.get(I16, 2 * i);
      case I8 -> data.get(ValueLayout.JAVA_BYTE, i);
      case U8 -> data.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
      case BOOL -> data.get(ValueLayout.JAVA_BYTE, i) == 0 ? 0 : 1;
      default -> throw new IllegalStateException(tensor.type() + " is not an integer type");
    };
  }

  private static float bf16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  private static void putFloat(MemorySegment target, long i, float value) {
    target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, Float.BYTES * i, value);
  }
}
