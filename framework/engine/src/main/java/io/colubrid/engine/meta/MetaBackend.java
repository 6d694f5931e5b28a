package io.colubrid.engine.meta;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.backend.Hardware;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;
import java.util.function.ToLongFunction;

/**
 * Stands in for another device: the same recordings, the same places, the same scratch memory, and
 * not a byte allocated.
 */
public final class MetaBackend implements Backend {
  private final String impersonated;
  private final Recorder.Bodies bodies;
  private final ToLongFunction<Node> workspace;
  private final Memory memory = Memory.meta();

  /**
   * @param impersonated name of the device it stands in for
   * @param bodies the bodies that serve it
   * @param workspace that device's scratch memory
   */
  public MetaBackend(String impersonated, Recorder.Bodies bodies, ToLongFunction<Node> workspace) {
    this.impersonated = impersonated;
    this.bodies = bodies;
    this.workspace = workspace;
  }

  @Override
  public String name() {
    return "meta (" + impersonated + ")";
  }

  @Override
  public Hardware hardware() {
    throw new UnsupportedOperationException("a plan computes nothing");
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public Recorder.Bodies bodies() {
    return bodies;
  }

  @Override
  public long workspace(Node node) {
    return workspace.applyAsLong(node);
  }

  @Override
  public Executable prepare(String name, Program program) {
    return new MetaExecutable(program, memory.allocate(name, program.arenaBytes()));
  }

  @Override
  public void close() {}

  private record MetaExecutable(Program program, Storage arena) implements Executable {
    @Override
    public void run() {
      throw new UnsupportedOperationException("a plan cannot be run");
    }

    @Override
    public void run(Observer observer) {
      run();
    }

    @Override
    public MemorySegment read(Value value) {
      throw new UnsupportedOperationException("a plan has no values");
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
