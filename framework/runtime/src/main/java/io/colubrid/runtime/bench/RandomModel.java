package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.training.Initialization;
import io.colubrid.runtime.training.RunSpec;

/** A model with weights as it has them before training. */
record RandomModel(Model model, ParameterStore store) implements AutoCloseable {
  private static final long SEED = 1;

  static RandomModel of(Backend backend, RunSpec spec) {
    Model model = ModelBuilder.build(spec.graph());
    Precision precision = Precision.valueOf(spec.graph().config().precision().name());
    ParameterStore store = new ParameterStore(backend.memory(), precision, model.parameters());
    if (!backend.memory().isMeta()) {
      Initialization.run(backend, store, SEED);
    }
    return new RandomModel(model, store);
  }

  @Override
  public void close() {
    store.close();
  }
}
