package io.colubrid.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.colubrid.engine.memory.Bf16;
import io.colubrid.spi.tensor.DType;

/** Single elements of any type, as numbers; for what is not worth a loop of its own. */
final class Elements {
  private Elements() {}

  static double get(DType dtype, long address) {
    return switch (dtype) {
      case F32 -> OffHeap.ALL.get(JAVA_FLOAT_UNALIGNED, address);
      case F64 -> OffHeap.ALL.get(JAVA_DOUBLE_UNALIGNED, address);
      case BF16 -> Bf16.toFloat(OffHeap.ALL.get(JAVA_SHORT_UNALIGNED, address));
      case I32 -> OffHeap.ALL.get(JAVA_INT_UNALIGNED, address);
      case I64 -> (double) OffHeap.ALL.get(JAVA_LONG_UNALIGNED, address);
      case U8 -> Byte.toUnsignedInt(OffHeap.ALL.get(JAVA_BYTE, address));
    };
  }

  static void set(DType dtype, long address, double value) {
    switch (dtype) {
      case F32 -> OffHeap.ALL.set(JAVA_FLOAT_UNALIGNED, address, (float) value);
      case F64 -> OffHeap.ALL.set(JAVA_DOUBLE_UNALIGNED, address, value);
      case BF16 -> OffHeap.ALL.set(JAVA_SHORT_UNALIGNED, address, Bf16.of((float) value));
      case I32 -> OffHeap.ALL.set(JAVA_INT_UNALIGNED, address, (int) value);
      case I64 -> OffHeap.ALL.set(JAVA_LONG_UNALIGNED, address, (long) value);
      case U8 -> OffHeap.ALL.set(JAVA_BYTE, address, (byte) value);
    }
  }
}
