package io.colubrid.engine.cpu;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A program bound to memory: one kernel a node, run in order. */
final class CpuExecutable implements Executable {
  private final Program program;
  private final Storage arena;
  private final CpuMemory memory;
  private final Kernel[] kernels;

  CpuExecutable(CpuBackend backend, String name, Program program) {
    this.program = program;
    this.arena = backend.memory().allocate(name, program.arenaBytes());
    this.memory = new CpuMemory(program, arena);
    List<Node> nodes = program.nodes();
    KernelFactory factory = new KernelFactory(backend, memory);
    this.kernels = new Kernel[nodes.size()];
    for (int i = 0; i < kernels.length; i++) {
      kernels[i] = factory.kernel(nodes.get(i), i);
    }
  }

  @Override
  public Program program() {
    return program;
  }

  @Override
  public void run() {
    for (Kernel kernel : kernels) {
      kernel.run();
    }
  }

  @Override
  public void run(Observer observer) {
    for (int i = 0; i < kernels.length; i++) {
      Node node = program.nodes().get(i);
      observer.before(node, this);
      kernels[i].run();
      observer.after(node, this);
    }
  }

  @Override
  public MemorySegment read(Value value) {
    return memory.segment(value);
  }

  @Override
  public void close() {
    arena.close();
  }
}
