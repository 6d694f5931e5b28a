package io.colubrid.testkit.trial;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Whether values of a node share memory, as those of an update in place do. */
final class Overlap {
  private Overlap() {}

  static boolean withInputs(Node node, MemorySegment segment, Executable executable) {
    return with(node.inputs(), segment, executable);
  }

  static boolean withOutputs(Node node, MemorySegment segment, Executable executable) {
    return with(node.outputs(), segment, executable);
  }

  private static boolean with(
      Collection<? extends @Nullable Value> values, MemorySegment segment, Executable executable) {
    return values.stream()
        .anyMatch(
            value ->
                value != null && executable.read(value).asOverlappingSlice(segment).isPresent());
  }
}
