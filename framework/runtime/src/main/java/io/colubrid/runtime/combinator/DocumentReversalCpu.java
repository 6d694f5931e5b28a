package io.colubrid.runtime.combinator;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** {@link DocumentReversal} on the CPU: finds the runs of equal segments, row by row. */
final class DocumentReversalCpu implements CpuBody {
  private static final long ROWS_WORTH_A_THREAD = 16;

  @Override
  public void forward(CpuCall call) {
    Shape shape = requireNonNull(call.inputTypes().getFirst()).shape();
    MemorySegment segments = call.input(0);
    MemorySegment sources = call.output(0);
    long length = shape.dim(1);
    call.parallel()
        .forEachRange(
            shape.dim(0),
            ROWS_WORTH_A_THREAD,
            (first, last) -> {
              for (long row = first; row < last; row++) {
                reverse(segments, sources, row * length, (row + 1) * length);
              }
            });
  }

  private static void reverse(MemorySegment segments, MemorySegment sources, long start, long end) {
    long from = start;
    for (long at = start + 1; at <= end; at++) {
      int segment = segments.getAtIndex(JAVA_INT, from);
      if (at == end || segments.getAtIndex(JAVA_INT, at) != segment) {
        for (long i = from; i < at; i++) {
          sources.setAtIndex(JAVA_INT, i, segment < 0 ? -1 : (int) (from + at - 1 - i));
        }
        from = at;
      }
    }
  }
}
