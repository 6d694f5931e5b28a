package io.colubrid.engine.cuda;

import io.colubrid.spi.op.CudaCall.Grid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/** The driver's CUlaunchConfig with one attribute, for what JCuda lacks. */
final class LaunchConfig {
  private static final int ATTRIBUTE_BYTES = 72;
  private static final int ATTRIBUTE_VALUE = 8;

  private static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
          MemoryLayout.sequenceLayout(3, ValueLayout.JAVA_INT).withName("grid"),
          MemoryLayout.sequenceLayout(3, ValueLayout.JAVA_INT).withName("block"),
          ValueLayout.JAVA_INT.withName("sharedBytes"),
          MemoryLayout.paddingLayout(4),
          ValueLayout.ADDRESS.withName("stream"),
          ValueLayout.ADDRESS.withName("attributes"),
          ValueLayout.JAVA_INT.withName("attributeCount"),
          MemoryLayout.paddingLayout(4));

  private LaunchConfig() {}

  /** An attribute of a launch, by the driver's number. */
  enum Attribute {
    CLUSTER_DIMENSION(4),
    PROGRAMMATIC_STREAM_SERIALIZATION(6);

    private final int id;

    Attribute(int id) {
      this.id = id;
    }
  }

  /**
   * @param stream handle of the stream
   * @param value of the attribute
   */
  static MemorySegment of(
      Arena arena,
      Grid grid,
      int threads,
      int sharedBytes,
      long stream,
      Attribute attribute,
      int... value) {
    MemorySegment told = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
    told.set(ValueLayout.JAVA_INT, 0, attribute.id);
    MemorySegment.copy(value, 0, told, ValueLayout.JAVA_INT, ATTRIBUTE_VALUE, value.length);
    MemorySegment config = arena.allocate(LAYOUT);
    int[] blocks = {
      Math.toIntExact(grid.x()), Math.toIntExact(grid.y()), Math.toIntExact(grid.z())
    };
    int[] block = {threads, 1, 1};
    MemorySegment.copy(blocks, 0, config, ValueLayout.JAVA_INT, at("grid"), blocks.length);
    MemorySegment.copy(block, 0, config, ValueLayout.JAVA_INT, at("block"), block.length);
    config.set(ValueLayout.JAVA_INT, at("sharedBytes"), sharedBytes);
    config.set(ValueLayout.ADDRESS, at("stream"), MemorySegment.ofAddress(stream));
    config.set(ValueLayout.ADDRESS, at("attributes"), told);
    config.set(ValueLayout.JAVA_INT, at("attributeCount"), 1);
    return config;
  }

  private static long at(String field) {
    return LAYOUT.byteOffset(MemoryLayout.PathElement.groupElement(field));
  }
}
