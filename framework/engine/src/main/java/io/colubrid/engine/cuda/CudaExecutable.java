package io.colubrid.engine.cuda;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A program bound to a GPU's memory, and captured as one graph when it first runs. */
final class CudaExecutable implements Executable {
  private final CudaBackend backend;
  private final Program program;
  private final Storage arena;
  private final CudaValues values;
  private final List<Storage> constants = new ArrayList<>();
  private final Launcher launcher;

  CudaExecutable(CudaBackend backend, String name, Program program) {
    this.backend = backend;
    this.program = program;
    this.arena = backend.memory().allocate(name, program.arenaBytes());
    this.values = new CudaValues(program, arena);
    backend.device().enter();
    CudaKernelFactory factory =
        new CudaKernelFactory(backend.launches(), values, host -> upload(name, host));
    List<Node> nodes = program.nodes();
    List<CudaKernel> kernels = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      kernels.add(kernel(factory, nodes.get(i), i));
    }
    this.launcher =
        new Launcher(
            backend.launches(),
            backend.graphs(),
            name,
            nodes.stream().map(Node::label).toList(),
            kernels);
  }

  private static CudaKernel kernel(CudaKernelFactory factory, Node node, int index) {
    try {
      return factory.kernel(node, index);
    } catch (CudaException failed) {
      throw failed.at(node.label());
    } catch (IllegalArgumentException | UnsupportedOperationException refused) {
      throw CudaException.at(node.label(), refused);
    }
  }

  private long upload(String name, MemorySegment host) {
    Storage constant = backend.memory().allocate(name + " constants", host.byteSize());
    constant.write(0, host);
    constants.add(constant);
    return constant.address();
  }

  @Override
  public Program program() {
    return program;
  }

  /** Whether it runs as one graph; known once it has run. */
  boolean captured() {
    return launcher.captured();
  }

  @Override
  public void run() {
    backend.device().enter();
    launcher.run();
  }

  /** Between two events on the stream, so that what the host does meanwhile is not counted. */
  @Override
  public double nanos(int runs) {
    backend.device().enter();
    launcher.prepare();
    try (CudaStopwatch watch = new CudaStopwatch(backend.device())) {
      watch.start();
      for (int i = 0; i < runs; i++) {
        run();
      }
      return watch.stop() / runs;
    }
  }

  @Override
  public void time(long[] starts, long[] nanos) {
    backend.device().enter();
    launcher.prepare();
    if (!launcher.captured()) {
      Executable.super.time(starts, nanos);
      return;
    }
    try (Timeline timeline = new Timeline(backend.device(), launcher, nanos.length)) {
      timeline.run(starts, nanos);
    }
  }

  @Override
  public void run(Observer observer) {
    backend.device().enter();
    for (int i = 0; i < program.nodes().size(); i++) {
      Node node = program.nodes().get(i);
      observer.before(node, this);
      launcher.launchAlone(i);
      backend.device().synchronize(node.label());
      observer.after(node, this);
    }
  }

  @Override
  public MemorySegment read(Value value) {
    MemorySegment host = Arena.ofAuto().allocate(Math.max(1, value.type().bytes()), Long.BYTES);
    MemorySegment exact = host.asSlice(0, value.type().bytes());
    Storage storage = value.buffer().isPersistent() ? value.buffer().storage() : arena;
    storage.read(values.address(value) - storage.address(), exact);
    return exact;
  }

  @Override
  public void close() {
    backend.device().enter();
    launcher.close();
    constants.forEach(Storage::close);
    arena.close();
  }
}
