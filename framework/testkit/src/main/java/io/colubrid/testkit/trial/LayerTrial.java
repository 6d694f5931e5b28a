package io.colubrid.testkit.trial;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.device.Devices;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.runtime.training.Shadows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A layer with weights on a device of its own. Passes and sessions belong to it and end with it.
 *
 * <pre>{@code
 * try (LayerTrial trial = new LayerTrial(layer, weights, Setting.CPU)) {
 *   double[] y = trial.forward(rows).output();
 *   SortedMap<String, double[]> gradients = trial.gradients(rows, dy).parameterGradients();
 * }
 * }</pre>
 */
public final class LayerTrial implements AutoCloseable {
  private final StandaloneLayer layer;
  private final Weights weights;
  private final Setting setting;
  private final Backend backend;
  private final ParameterStore store;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private int passes;

  /** A layer with the given weights. */
  public LayerTrial(StandaloneLayer layer, Weights weights, Setting setting) {
    this(layer, weights, setting, open(setting));
    set(weights);
  }

  private static Backend open(Setting setting) {
    return setting.isCuda()
        ? OpenGpus.apart(setting.device().index())
        : new CpuBackend(Memory.tracingCpu(), new WorkerPool(setting.threads()));
  }

  private LayerTrial(StandaloneLayer layer, Weights weights, Setting setting, Backend backend) {
    this.layer = layer;
    this.weights = weights;
    this.setting = setting;
    this.backend = backend;
    this.store = new ParameterStore(backend.memory(), setting.precision(), layer.parameters());
    store.enableGradients();
  }

  /** A layer whose passes can be looked at and not be run; no memory is taken. */
  public static LayerTrial plan(StandaloneLayer layer, Setting setting) {
    return new LayerTrial(layer, new Weights(Map.of()), setting, Devices.meta(setting.device()));
  }

  public StandaloneLayer layer() {
    return layer;
  }

  public Setting setting() {
    return setting;
  }

  /** Where the weights and their gradients lie. */
  public ParameterStore store() {
    return store;
  }

  /** The weights that the trial began with. */
  public Weights weights() {
    return weights;
  }

  /** Gives the parameters other values. */
  public void set(Weights others) {
    others.write(store);
    Shadows.refresh(backend, store);
  }

  Backend backend() {
    return backend;
  }

  String nextPass() {
    return "pass " + passes++;
  }

  /** Records a forward pass over rows of this kind and size. */
  public LayerPass pass(Rows rows) {
    return opened(new LayerPass(this, rows, false, null));
  }

  /** Records a forward and a backward pass over rows of this kind and size. */
  public LayerPass differentiatedPass(Rows rows) {
    return opened(new LayerPass(this, rows, true, null));
  }

  /** Starts sequences that are taken in several passes. */
  public LayerSession session(int slots, int capacity) {
    return opened(new LayerSession(this, slots, capacity));
  }

  /** Runs the layer once. */
  public Result forward(Rows rows) {
    return pass(rows).run(rows);
  }

  /**
   * Runs the layer forward and backward.
   *
   * @param outputGradient gradient that arrives at each element of the output
   */
  public Result gradients(Rows rows, double[] outputGradient) {
    LayerPass pass = differentiatedPass(rows);
    pass.outputGradient(outputGradient);
    return pass.run(rows);
  }

  private <C extends AutoCloseable> C opened(C closeable) {
    opened.add(closeable);
    return closeable;
  }

  /**
   * @throws io.colubrid.engine.memory.LeakException if a pass left memory behind
   */
  @Override
  public void close() {
    try {
      for (AutoCloseable closeable : opened.reversed()) {
        closeable.close();
      }
      store.close();
      backend.memory().requireEmpty();
    } catch (RuntimeException failed) {
      throw failed;
    } catch (Exception impossible) {
      throw new IllegalStateException(impossible);
    } finally {
      backend.close();
    }
  }
}
