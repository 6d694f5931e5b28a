package io.colubrid.engine.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.memory.LeakException;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import org.junit.jupiter.api.Test;

final class LeakTest {
  @Test
  void aLeakIsNamedTogetherWithItsBirth() {
    Memory memory = Memory.tracingCpu();
    Storage kept = forgotten(memory);
    try (Storage released = memory.allocate("released", 64)) {
      assertThat(memory.liveBytes()).isEqualTo(164);
      assertThat(released.segment().byteSize()).isEqualTo(64);
    }
    assertThatThrownBy(memory::requireEmpty)
        .isInstanceOf(LeakException.class)
        .hasMessage("not released: kv cache (100 bytes)")
        .satisfies(
            leak ->
                assertThat(leak.getSuppressed()[0].getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("forgotten")));
    kept.close();
    memory.requireEmpty();
    assertThat(memory.peakBytes()).isEqualTo(164);
  }

  private static Storage forgotten(Memory memory) {
    return memory.allocate("kv cache", 100);
  }

  @Test
  void aClosedStorageRefusesToBeRead() {
    Memory memory = Memory.cpu();
    Storage storage = memory.allocate("x", 8);
    storage.close();
    assertThatThrownBy(storage::segment)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("'x' was already released");
  }
}
