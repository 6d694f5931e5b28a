package io.colubrid.engine.backend;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import java.util.Collection;

/** A device that can hold tensors and run programs. */
public interface Backend extends AutoCloseable {
  /** The device's name, such as {@code cpu}. */
  String name();

  Memory memory();

  /** What the bits of results depend on. */
  Hardware hardware();

  /** The bodies that serve this device, for whoever records for it. */
  Recorder.Bodies bodies();

  /** Scratch bytes that a node needs while it runs. */
  long workspace(Node node);

  /**
   * The most bytes of temporaries that a longer pass may take, where longer passes are faster; 0
   * where they are not.
   */
  default long spareBytes() {
    return 0;
  }

  /** Lays out a recording's memory. */
  default Program finish(Recorder recorder, Collection<Value> outputs) {
    return Program.of(recorder, outputs, this::workspace);
  }

  /**
   * Gets a program ready to be run again and again.
   *
   * @param name names its arena in plans and leak reports
   */
  Executable prepare(String name, Program program);

  @Override
  void close();
}
