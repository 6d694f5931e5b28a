package io.colubrid.runtime.training;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What layers report of themselves while they train, such as the loads of experts, added up on the
 * device over micro-steps until somebody asks. A vector's elements are named by their index.
 */
final class LayerMetrics implements AutoCloseable {
  private final Map<String, Tensor> reported = new LinkedHashMap<>();
  private Storage sums;
  private long runs;

  LayerMetrics(Memory memory) {
    this.sums = memory.allocate("layer metrics", 0);
  }

  /**
   * Takes a figure of the pass that is being recorded.
   *
   * @throws IllegalArgumentException if it is no scalar or vector, or its name is taken
   */
  void add(String name, Tensor figure) {
    if (figure.shape().rank() > 1) {
      throw new IllegalArgumentException(
          "metric %s has shape %s; expected a scalar or a vector".formatted(name, figure.shape()));
    }
    if (reported.putIfAbsent(name, figure) != null) {
      throw new IllegalArgumentException(
          "metric " + name + " was reported twice in one pass; give it another name");
    }
  }

  /** Records the sums, once all layers have reported. */
  void record(Recorder recorder, Memory memory) {
    long elements = reported.values().stream().mapToLong(figure -> figure.shape().elements()).sum();
    sums.close();
    sums = memory.allocate("layer metrics", elements * Float.BYTES);
    long offset = 0;
    for (Tensor figure : reported.values()) {
      TensorType type = new TensorType(DType.F32, Shape.of(figure.shape().elements()));
      Value sum = recorder.external(sums, offset, type, false);
      Tensor flat = recorder.ops().reshape(figure, type.shape());
      recorder.assign(sum, (Value) recorder.ops().add(sum, recorder.ops().cast(flat, DType.F32)));
      offset += type.bytes();
    }
  }

  /** Counts a run of what was recorded. */
  void ran() {
    runs++;
  }

  /** The means over the runs since this was last asked, by name. */
  Map<String, Double> take() {
    Map<String, Double> means = new LinkedHashMap<>();
    float[] told = sums.view(0, sums.bytes(), host -> host.toArray(ValueLayout.JAVA_FLOAT));
    int at = 0;
    for (Map.Entry<String, Tensor> entry : reported.entrySet()) {
      Shape shape = entry.getValue().shape();
      for (long i = 0; i < shape.elements(); i++) {
        String name = shape.rank() == 0 ? entry.getKey() : entry.getKey() + "." + i;
        means.put(name, told[at++] / (double) runs);
      }
    }
    if (!reported.isEmpty()) {
      sums.clear();
    }
    runs = 0;
    return means;
  }

  @Override
  public void close() {
    sums.close();
  }
}
