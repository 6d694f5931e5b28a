package io.colubrid.runtime.builtin;

import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;

/** What every model needs and no family owns: ends, plain channels, and optimizers. */
@BuiltFor(Spi.VERSION)
public final class BuiltinPlugin extends LayerPlugin {
  @Override
  protected void configure() {
    stem("embedding").config(EmbeddingConfig.class).factory(EmbeddingStemFactory.class);
    stem("linear").config(LinearStemConfig.class).factory(LinearStemFactory.class);
    head("lm-head").config(LmHeadConfig.class).factory(LmHeadFactory.class);
    head("linear").config(LinearHeadConfig.class).factory(LinearHeadFactory.class);
    layer("mlp").config(MlpConfig.class).factory(MlpLayerFactory.class);
    layer("swiglu").config(SwiGluConfig.class).factory(SwiGluLayerFactory.class);
    optimizer("adamw").config(AdamWConfig.class).factory(AdamWFactory.class);
    optimizer("sgd").config(SgdConfig.class).factory(SgdFactory.class);
  }
}
