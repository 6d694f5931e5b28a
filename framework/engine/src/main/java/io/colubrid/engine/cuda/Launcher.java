package io.colubrid.engine.cuda;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the kernels of a program on a device's stream: as one graph that is captured when they first
 * run, or one by one where graphs are off or something in the program cannot be captured.
 */
final class Launcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Launcher.class);

  private final Launches launches;
  private final CudaDevice device;
  private final String name;
  private final List<String> labels;
  private final List<CudaKernel> kernels;
  private GraphMode mode;
  private @Nullable String refusal;
  private @Nullable CudaGraph graph;

  /**
   * @param name of the program, for whoever is told that it is not captured
   * @param labels of its nodes: their layers' paths and operations
   * @param kernels one a node
   */
  Launcher(
      Launches launches,
      GraphMode mode,
      String name,
      List<String> labels,
      List<CudaKernel> kernels) {
    this.launches = launches;
    this.device = launches.device();
    this.mode = mode;
    this.name = name;
    this.labels = labels;
    this.kernels = kernels;
  }

  /** Whether the last run was one graph. */
  boolean captured() {
    return graph != null;
  }

  /** What was told, once, if the program could not be captured: where, and why. */
  Optional<String> refusal() {
    return Optional.ofNullable(refusal);
  }

  /** Captures what runs, unless that was done or tried before. */
  void prepare() {
    if (graph == null && mode == GraphMode.ON) {
      capture();
    }
  }

  void run() {
    prepare();
    if (graph != null) {
      graph.launch();
    } else {
      launchAll();
    }
  }

  private void capture() {
    try {
      graph = CudaGraph.capture(device, this::launchAll);
    } catch (CudaException refused) {
      mode = GraphMode.OFF;
      refusal =
          "%s: '%s' runs uncaptured, each kernel launched by itself: %s"
              .formatted(culprit(), name, refused.getMessage());
      LOG.warn(refusal);
    }
  }

  /** The first node that cannot be captured: its layer's path and operation. */
  private String culprit() {
    for (int i = 0; i < kernels.size(); i++) {
      int node = i;
      if (!CudaGraph.captures(device, () -> launchAlone(node))) {
        return labels.get(i);
      }
    }
    return "no single operation";
  }

  private void launchAll() {
    // What stands before a program on the stream is not known, so its first kernel waits for it.
    launches.interrupted();
    for (int i = 0; i < kernels.size(); i++) {
      launch(i);
      if (mode == GraphMode.CHECKED) {
        device.synchronize(labels.get(i));
      }
    }
  }

  /**
   * Puts one node's kernels on the stream, behind whatever is there.
   *
   * @throws CudaException naming the node
   */
  void launchAlone(int node) {
    launches.interrupted();
    launch(node);
  }

  private void launch(int node) {
    try {
      kernels.get(node).launch();
    } catch (CudaException failed) {
      throw failed.at(labels.get(node));
    }
  }

  @Override
  public void close() {
    if (graph != null) {
      graph.close();
    }
  }
}
