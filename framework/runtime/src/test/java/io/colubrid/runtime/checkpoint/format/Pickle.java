package io.colubrid.runtime.checkpoint.format;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes a pickle, instruction by instruction. */
final class Pickle {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  static Pickle begin() {
    return new Pickle().code(0x80).code(2);
  }

  Pickle code(int code) {
    bytes.write(code);
    return this;
  }

  Pickle codes(String codes) {
    bytes.writeBytes(codes.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  Pickle global(String module, String name) {
    return codes("c" + module + "\n" + name + "\n");
  }

  Pickle text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    code('X').integer(utf8.length);
    bytes.writeBytes(utf8);
    return this;
  }

  Pickle number(long number) {
    byte[] little = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
    code(0x8a).code(8);
    bytes.writeBytes(little);
    return this;
  }

  Pickle integer(int number) {
    bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
    return this;
  }

  Pickle tuple(long... numbers) {
    code('(');
    for (long number : numbers) {
      number(number);
    }
    return code('t');
  }

  /** Begins a state dict; {@link #end} ends it. */
  Pickle dictionary() {
    return global("collections", "OrderedDict").codes(")R(");
  }

  Pickle tensor(String name, String type, String key, long elements, long offset, long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
    return view(name, type, key, elements, offset, shape, strides);
  }

  Pickle view(
      String name,
      String type,
      String key,
      long elements,
      long offset,
      long[] shape,
      long[] strides) {
    text(name).global("torch._utils", "_rebuild_tensor_v2").code('(');
    code('(').text("storage").global("torch", type).text(key).text("cpu").number(elements);
    codes("tQ").number(offset).tuple(shape).tuple(strides).code(0x89);
    return global("collections", "OrderedDict").codes(")RtR");
  }

  byte[] end() {
    return codes("u.").bytes();
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
