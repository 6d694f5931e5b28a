package io.colubrid.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLockTest {
  @TempDir Path folder;

  /** Takes the lock, says so, and holds it until it is killed. */
  static final class Holder {
    public static void main(String[] arguments) throws Exception {
      try (RunLock lock = RunLock.acquire(Path.of(arguments[0]))) {
        System.out.println("locked " + lock.folder().getFileName());
        System.in.read();
      } catch (RunFolderInUseException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void aSecondProcessIsToldWhoHoldsTheFolderAndGetsItWhenThatOneDies() throws Exception {
    try (OtherProcess holder = new OtherProcess(Holder.class, folder.toString())) {
      assertThat(holder.line()).isEqualTo("locked " + folder.getFileName());
      assertThatThrownBy(() -> RunLock.acquire(folder).close())
          .isInstanceOf(RunFolderInUseException.class)
          .hasMessageContaining("the run folder " + folder + " is in use by process ")
          .hasMessageContaining("process " + holder.pid() + " on ")
          .hasMessageContaining(", started 2");
      holder.kill();
      RunLock.acquire(folder).close();
    }
  }

  @Test
  void theSameProcessIsRefusedTooAndKeepsItsLockAgainstOthers() throws Exception {
    try (RunLock lock = RunLock.acquire(folder)) {
      assertThatThrownBy(() -> RunLock.acquire(lock.folder().resolve(".")).close())
          .isInstanceOf(RunFolderInUseException.class)
          .hasMessageContaining("this very process");
      try (OtherProcess second = new OtherProcess(Holder.class, folder.toString())) {
        assertThat(second.line()).contains("in use by process " + ProcessHandle.current().pid());
      }
    }
    RunLock.acquire(folder).close();
  }

  @Test
  void createsTheFolderAndLeavesTheFile() throws IOException {
    Path run = folder.resolve("a/b");
    RunLock.acquire(run).close();
    assertThat(Files.size(run.resolve(RunLock.FILE_NAME))).isZero();
  }
}
