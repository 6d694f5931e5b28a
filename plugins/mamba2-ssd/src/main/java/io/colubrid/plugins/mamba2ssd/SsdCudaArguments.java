package io.colubrid.plugins.mamba2ssd;

import io.colubrid.plugins.mamba2ssd.SsdCudaPlan.Part;
import io.colubrid.spi.op.CudaCall;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.LongStream;

/** The argument of the kernels: a structure of numbers and addresses, each in 64 bits. */
final class SsdCudaArguments {
  /** Places of the structure behind its first numbers. */
  enum Word {
    ALIGNED,
    XBC,
    DELTA,
    A_LOG,
    SKIP,
    BIAS,
    DOCUMENTS,
    STATE_IN,
    STATE_OUT,
    Y,
    STEPS,
    SUMS,
    KEYS,
    TO_END,
    FROM_BEGIN,
    SPANS,
    BEFORE,
    CARRIED,
    SEGMENT_DECAY,
    GRAD_Y,
    GRAD_XBC,
    GRAD_DELTA,
    GRAD_A_LOG,
    GRAD_SKIP,
    GRAD_BIAS,
    AFTER,
    FLOW,
    GRAD_SCORES,
    OF_ROWS,
    FROM_STATES,
    SKIPS,
    OF_HEADS,
    SCORES,
    MAPS
  }

  // Elements that a kernel loads at once, and their alignment in bytes.
  private static final int VECTOR = 8;
  private static final int VECTOR_BYTES = 16;

  private final SsdCudaPlan plan;
  private final CudaCall call;
  private final Map<Word, Long> words = new EnumMap<>(Word.class);

  /** What both passes read, and scratch memory. */
  SsdCudaArguments(SsdCudaPlan plan, CudaCall call) {
    this.plan = plan;
    this.call = call;
    set(Word.XBC, call.input(Ssd.XBC));
    set(Word.DELTA, call.input(Ssd.DELTA));
    set(Word.A_LOG, call.input(Ssd.A_LOG));
    set(Word.SKIP, call.input(Ssd.SKIP));
    set(Word.BIAS, call.input(Ssd.DELTA_BIAS));
    set(Word.DOCUMENTS, call.input(Ssd.SEGMENTS));
    for (Part part : Part.values()) {
      set(Word.valueOf(part.name()), call.workspace() + plan.offset(part));
    }
  }

  void set(Word word, long value) {
    words.put(word, value);
  }

  private long get(Word word) {
    return words.getOrDefault(word, 0L);
  }

  /** Where gradients arrive and go. */
  void gradients() {
    set(Word.GRAD_Y, call.outputGradient(0));
    set(Word.GRAD_XBC, call.inputGradient(Ssd.XBC));
    set(Word.GRAD_DELTA, call.inputGradient(Ssd.DELTA));
    set(Word.GRAD_A_LOG, call.inputGradient(Ssd.A_LOG));
    set(Word.GRAD_SKIP, call.inputGradient(Ssd.SKIP));
    set(Word.GRAD_BIAS, call.inputGradient(Ssd.DELTA_BIAS));
  }

  /** Whether kernels can load eight elements at once everywhere. */
  boolean aligned() {
    boolean whole = plan.shape().headDim() % VECTOR == 0 && plan.shape().states() % VECTOR == 0;
    return whole
        && LongStream.of(get(Word.XBC), get(Word.Y), get(Word.GRAD_Y), get(Word.GRAD_XBC))
            .allMatch(address -> address % VECTOR_BYTES == 0);
  }

  /** The structure as it is now. */
  long[] array() {
    set(Word.ALIGNED, aligned() ? 1 : 0);
    return LongStream.concat(
            LongStream.of(plan.extents()), Arrays.stream(Word.values()).mapToLong(this::get))
        .toArray();
  }
}
