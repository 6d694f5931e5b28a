package io.colubrid.runtime.model;

import io.colubrid.engine.tape.Recorder;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One run of a model while it is recorded. */
public final class ModelPass implements Pass {
  private final Recorder recorder;
  private final boolean training;
  private final Sequences sequences;
  private final @Nullable StateStore states;
  private final PassObserver observer;
  private String path = "";

  /**
   * @param states the states to start from and to advance, or null where whole sequences are run
   */
  public ModelPass(
      Recorder recorder,
      boolean training,
      Sequences sequences,
      @Nullable StateStore states,
      PassObserver observer) {
    if (states != null && sequences.kind() == Sequences.Kind.PACKED) {
      throw new IllegalArgumentException(
          "packed rows cannot advance states: a slot holds one sequence; run each document in a row"
              + " of its own");
    }
    this.recorder = recorder;
    this.training = training;
    this.sequences = sequences;
    this.states = states;
    this.observer = observer;
  }

  /**
   * Runs a part of the model under its path.
   *
   * @throws LayerFailedException if it cannot be recorded
   */
  <T> T inside(String layerPath, Function<Pass, T> part) {
    String outer = path;
    path = layerPath;
    try {
      return recorder.at(layerPath, () -> part.apply(this));
    } catch (LayerFailedException placed) {
      throw placed;
    } catch (RuntimeException failed) {
      throw new LayerFailedException(layerPath, failed);
    } finally {
      path = outer;
    }
  }

  @Override
  public Ops ops() {
    return recorder.ops();
  }

  @Override
  public boolean training() {
    return training;
  }

  @Override
  public Sequences sequences() {
    return sequences;
  }

  @Override
  public Optional<LayerState> state() {
    return states == null ? Optional.empty() : Optional.of(states.of(path, recorder));
  }

  @Override
  public RandomStream random(String purpose) {
    return RandomStream.named(qualified(purpose));
  }

  @Override
  public void addLoss(String name, Tensor scalar) {
    if (training) {
      observer.loss(qualified(name), scalar);
    }
  }

  @Override
  public void metric(String name, Tensor figure) {
    observer.metric(qualified(name), figure);
  }

  @Override
  public void tap(String name, Tensor value) {
    observer.tap(qualified(name), value);
  }

  @Override
  public Pass over(Sequences rows) {
    ModelPass inner = new ModelPass(recorder, training, rows, states, observer);
    inner.path = path;
    return inner;
  }

  private String qualified(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  @Override
  public Tensor recomputed(Supplier<Tensor> part) {
    return recorder.recomputed(part);
  }
}
