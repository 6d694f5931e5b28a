package io.colubrid.runtime.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A disk whose k-th call fails, a write after half of its bytes. It then recovers, or stays dead as
 * after a power cut.
 */
final class FailingDisk extends Disk {
  private final int failing;
  private final boolean staysDead;
  private int calls;

  FailingDisk(int failing, boolean staysDead) {
    this.failing = failing;
    this.staysDead = staysDead;
  }

  boolean failed() {
    return calls >= failing;
  }

  private boolean fails() {
    calls++;
    return calls == failing || (staysDead && calls > failing);
  }

  private void call() throws IOException {
    if (fails()) {
      throw new IOException("No space left on device");
    }
  }

  @Override
  void createFolders(Path folder) throws IOException {
    call();
    super.createFolders(folder);
  }

  @Override
  void syncFolder(Path folder) throws IOException {
    call();
    super.syncFolder(folder);
  }

  @Override
  void rename(Path from, Path to) throws IOException {
    call();
    super.rename(from, to);
  }

  @Override
  void deleteRecursively(Path folder) throws IOException {
    call();
    super.deleteRecursively(folder);
  }

  @Override
  SyncedChannel create(Path file) throws IOException {
    call();
    SyncedChannel real = super.create(file);
    return new SyncedChannel() {
      @Override
      public int write(ByteBuffer source) throws IOException {
        if (fails()) {
          real.write(source.slice(source.position(), source.remaining() / 2));
          throw new IOException("No space left on device");
        }
        return real.write(source);
      }

      @Override
      public void sync() throws IOException {
        call();
        real.sync();
      }

      @Override
      public boolean isOpen() {
        return real.isOpen();
      }

      @Override
      public void close() throws IOException {
        real.close();
      }
    };
  }
}
