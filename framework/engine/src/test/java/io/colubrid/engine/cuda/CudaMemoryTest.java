package io.colubrid.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.colubrid.engine.memory.OutOfMemoryException;
import io.colubrid.engine.memory.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Copies between the host and a GPU, and what is said where memory is short. */
@Tag("cuda")
final class CudaMemoryTest {
  /** More than what copies are staged in, and no multiple of anything. */
  private static final int MANY = 21_000_037;

  @BeforeAll
  static void needsAGpu() {
    CudaProbe probe = CudaProbe.run();
    assumeTrue(probe.usable(), probe.problem());
  }

  @Test
  void whatIsWrittenIsReadFromTheHeapAndFromBesideIt() {
    byte[] bytes = new byte[MANY];
    new Random(4).nextBytes(bytes);
    try (CudaBackend backend = new CudaBackend(0);
        Storage storage = backend.memory().allocate("bytes", MANY + 5L);
        Arena arena = Arena.ofConfined()) {
      storage.write(5, MemorySegment.ofArray(bytes));
      byte[] read = new byte[MANY];
      storage.read(5, MemorySegment.ofArray(read));
      assertThat(read).isEqualTo(bytes);
      storage.write(0, arena.allocate(MANY).copyFrom(MemorySegment.ofArray(bytes)));
      MemorySegment beside = arena.allocate(MANY);
      storage.read(0, beside);
      assertThat(beside.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
    }
  }

  @Test
  void aSegmentIsFreeOnceItIsWritten() {
    byte[] bytes = new byte[100_003];
    int writes = 200;
    try (CudaBackend backend = new CudaBackend(0);
        Storage storage = backend.memory().allocate("bytes", (long) writes * bytes.length)) {
      for (int i = 0; i < writes; i++) {
        java.util.Arrays.fill(bytes, (byte) i);
        storage.write((long) i * bytes.length, MemorySegment.ofArray(bytes));
      }
      byte[] read = new byte[writes * bytes.length];
      storage.read(0, MemorySegment.ofArray(read));
      for (int i = 0; i < read.length; i++) {
        if (read[i] != (byte) (i / bytes.length)) {
          assertThat(read[i]).as("byte %d", i).isEqualTo((byte) (i / bytes.length));
        }
      }
    }
  }

  @Test
  void releasedMemoryIsHandedOutAgainAndIsZero() {
    byte[] bytes = new byte[MANY];
    new Random(5).nextBytes(bytes);
    try (CudaBackend backend = new CudaBackend(0)) {
      long address;
      try (Storage first = backend.memory().allocate("first", MANY)) {
        first.write(0, MemorySegment.ofArray(bytes));
        address = first.address();
      }
      assertThat(backend.memory().liveBytes()).isZero();
      try (Storage second = backend.memory().allocate("second", MANY)) {
        assertThat(second.address()).isEqualTo(address);
        second.read(0, MemorySegment.ofArray(bytes));
        assertThat(bytes).containsOnly(0);
      }
    }
  }

  @Test
  void shortMemoryIsToldInNumbers() {
    try (CudaBackend backend = new CudaBackend(0);
        Storage live = backend.memory().allocate("live", 1000)) {
      assertThat(live.bytes()).isEqualTo(1000);
      assertThatThrownBy(() -> backend.memory().allocate("a step", 1L << 45))
          .isInstanceOf(OutOfMemoryException.class)
          .hasMessageContaining("'a step' (35,184,372,088,832 bytes) beside 1,000 live bytes")
          .hasMessageContaining("bytes are free");
    }
  }
}
