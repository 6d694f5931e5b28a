package io.colubrid.runtime.bench;

import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.training.Initialization;
import io.colubrid.runtime.training.RunSpec;

/** Reads tokens through a model with random weights, some at a time, as a generator does. */
final class ReadingTrial implements Trial {
  private static final int PRIME = 7919;

  private final ParameterStore store;
  private final Generator generator;
  private final int atOnce;
  private final int times;
  private final int[] tokens;

  /**
   * @param atOnce tokens of a pass, a power of two
   * @param times passes of a trial
   */
  ReadingTrial(Setting setting, String resource, int atOnce, int times) {
    RunSpec spec = setting.spec(resource);
    Model model = ModelBuilder.build(spec.graph());
    this.store = new ParameterStore(setting.backend().memory(), Precision.F32, model.parameters());
    Initialization.run(store, 1);
    this.generator = new Generator(setting.backend(), model, store, (long) atOnce * times);
    this.atOnce = atOnce;
    this.times = times;
    this.tokens = new int[atOnce];
  }

  @Override
  public double nanos() {
    generator.reset();
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      for (int j = 0; j < atOnce; j++) {
        tokens[j] = (i * atOnce + j) * PRIME % 256;
      }
      generator.read(tokens);
    }
    return System.nanoTime() - start;
  }

  /** Every weight is read once a pass, every state read and written. */
  @Override
  public Workload workload() {
    double flops = Workload.flops(generator.program(atOnce).nodes());
    double bytes = (double) Float.BYTES * store.count() + 2.0 * generator.stateBytes();
    return new Workload(times * flops, times * bytes, (double) times * atOnce);
  }

  @Override
  public void close() {
    generator.close();
    store.close();
  }
}
