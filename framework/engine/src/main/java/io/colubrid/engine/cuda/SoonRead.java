package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.CustomRecording;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaBody;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Parts of large states that small kernels in front of their reader have the GPU's cache bring:
 * memory would have little to do then, and too much when the reader runs.
 */
final class SoonRead {
  private static final Part NOTHING = new Part(0, 0);

  /**
   * A sixth of the cache of an H100: with more, matrices waited. Smaller states are read while
   * their reader waits for its predecessor.
   */
  private static final long BYTES = 8 << 20;

  private static final long ALIGNMENT = 128;

  private final Map<Integer, Part> parts = new HashMap<>();

  private SoonRead() {}

  /** Bytes from an address on. */
  record Part(long address, long bytes) {}

  /**
   * @param brings whether the launch at a node can have the cache bring something
   */
  static SoonRead of(CudaValues values, IntPredicate brings) {
    SoonRead soon = new SoonRead();
    List<Node> nodes = values.program().nodes();
    List<Integer> launches = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      Value state = largeState(nodes.get(i));
      if (state != null) {
        soon.share(values.address(state), state.type().bytes(), launches);
        launches.clear();
      }
      if (brings.test(i)) {
        launches.add(i);
      }
    }
    return soon;
  }

  private static @Nullable Value largeState(Node node) {
    if (node.operation() instanceof Operation.Custom custom
        && custom.body() instanceof CudaBody body) {
      int input = body.wholeState(CustomRecording.types(node.inputs()));
      Value state = input < 0 ? null : node.inputs().get(input);
      return state != null && state.buffer().isPersistent() && canBring(state.type().bytes())
          ? state
          : null;
    }
    return null;
  }

  /** The GPU is asked for whole pieces that are aligned. */
  private static boolean canBring(long bytes) {
    return bytes >= BYTES && bytes % ALIGNMENT == 0;
  }

  /** The end of a state; blocks of its reader that come first ask for the rest themselves. */
  private void share(long address, long bytes, List<Integer> launches) {
    long begin = bytes - BYTES;
    for (int i = 0; i < launches.size(); i++) {
      long end = bytes - BYTES * (launches.size() - 1 - i) / launches.size();
      long part = i + 1 == launches.size() ? end - begin : (end - begin) / ALIGNMENT * ALIGNMENT;
      parts.put(launches.get(i), new Part(address + begin, part));
      begin += part;
    }
  }

  /** What the launch at a node has the cache bring. */
  Part of(int launch) {
    return parts.getOrDefault(launch, NOTHING);
  }
}
