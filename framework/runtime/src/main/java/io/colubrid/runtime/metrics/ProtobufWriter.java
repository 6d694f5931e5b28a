package io.colubrid.runtime.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/**
 * The few field types that event files use, in the wire format of protocol buffers.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">the encoding</a>
 */
final class ProtobufWriter {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  ProtobufWriter putLong(int field, long value) {
    tag(field, VARINT);
    varint(value);
    return this;
  }

  ProtobufWriter putDouble(int field, double value) {
    tag(field, FIXED64);
    littleEndian(Double.doubleToRawLongBits(value), Double.BYTES);
    return this;
  }

  ProtobufWriter putFloat(int field, float value) {
    tag(field, FIXED32);
    littleEndian(Float.floatToRawIntBits(value), Float.BYTES);
    return this;
  }

  ProtobufWriter putString(int field, String value) {
    return putBytes(field, value.getBytes(UTF_8));
  }

  ProtobufWriter putMessage(int field, ProtobufWriter message) {
    return putBytes(field, message.toByteArray());
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }

  private ProtobufWriter putBytes(int field, byte[] value) {
    tag(field, BYTES);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  private void tag(int field, int wireType) {
    varint(((long) field << 3) | wireType);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private void littleEndian(long bits, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (bits >>> (8 * i)));
    }
  }
}
