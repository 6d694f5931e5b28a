package io.colubrid.spi.plugin;

import com.google.inject.AbstractModule;
import com.google.inject.Key;
import com.google.inject.multibindings.Multibinder;
import io.colubrid.spi.layer.HeadFactory;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.StemFactory;
import io.colubrid.spi.train.OptimizerFactory;

/**
 * A jar's entry point: a Guice module that binds layers by name, found through {@link
 * java.util.ServiceLoader}. Each plugin gets an injector of its own.
 *
 * <pre>{@code
 * @BuiltFor(Spi.VERSION)
 * public final class MambaPlugin extends LayerPlugin {
 *   @Override
 *   protected void configure() {
 *     layer("mamba").config(MambaConfig.class).factory(MambaLayerFactory.class);
 *   }
 * }
 * }</pre>
 *
 * <p>The defaults of a layer's keys stand in the jar's {@code reference.conf} under {@code
 * layers.NAME}, each with a comment that documents it; stems, heads and optimizers likewise under
 * {@code stems}, {@code heads} and {@code optimizers}.
 */
public abstract class LayerPlugin extends AbstractModule {

  /** Starts the binding of a mixer or channel layer. */
  protected final ConfigStep<LayerFactory<?>> layer(String name) {
    return new ConfigStep<>(LayerDefinition.Kind.LAYER, name);
  }

  /** Starts the binding of a stem. */
  protected final ConfigStep<StemFactory<?>> stem(String name) {
    return new ConfigStep<>(LayerDefinition.Kind.STEM, name);
  }

  /** Starts the binding of a head. */
  protected final ConfigStep<HeadFactory<?>> head(String name) {
    return new ConfigStep<>(LayerDefinition.Kind.HEAD, name);
  }

  /** Starts the binding of an optimizer. */
  protected final ConfigStep<OptimizerFactory<?>> optimizer(String name) {
    return new ConfigStep<>(LayerDefinition.Kind.OPTIMIZER, name);
  }

  /** The step of a binding that asks for the config record. */
  public final class ConfigStep<F> {
    private final LayerDefinition.Kind kind;
    private final String name;

    private ConfigStep(LayerDefinition.Kind kind, String name) {
      this.kind = kind;
      this.name = name;
    }

    /** The record that the layer's keys fill; its components are the keys in camel case. */
    public FactoryStep<F> config(Class<? extends Record> config) {
      return new FactoryStep<>(this, config);
    }
  }

  /** The step of a binding that asks for the factory. */
  public final class FactoryStep<F> {
    private final ConfigStep<F> step;
    private final Class<? extends Record> config;

    private FactoryStep(ConfigStep<F> step, Class<? extends Record> config) {
      this.step = step;
      this.config = config;
    }

    /** The class that makes it; Guice injects its constructor. */
    public void factory(Class<? extends F> factory) {
      bind(factory);
      Multibinder.newSetBinder(binder(), LayerDefinition.class)
          .addBinding()
          .toInstance(new LayerDefinition(step.kind, step.name, config, Key.get(factory)));
    }
  }
}
