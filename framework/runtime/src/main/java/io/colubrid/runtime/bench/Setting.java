package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Backend;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.RunSpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What benchmarks are made of: a device, and the layers that there are. The weights of the last
 * model stay, since several benchmarks in a row are of one model and drawing them takes longer than
 * the measurement.
 */
final class Setting {
  private final Backend backend;
  private final LayerRegistry registry;
  private @Nullable String kept;
  private @Nullable RandomModel model;

  Setting(Backend backend, LayerRegistry registry) {
    this.backend = backend;
    this.registry = registry;
  }

  Backend backend() {
    return backend;
  }

  LayerRegistry registry() {
    return registry;
  }

  /** A model of a config that lies beside this class; it is not the caller's to close. */
  RandomModel model(String resource, String... changes) {
    String key = resource + String.join(" ", changes);
    if (model == null || !key.equals(kept)) {
      release();
      model = RandomModel.of(backend, spec(resource, changes));
      kept = key;
    }
    return model;
  }

  /** Lets go of the last model, so that its memory can be used. */
  void release() {
    if (model != null) {
      model.close();
      model = null;
    }
  }

  /**
   * A config that lies beside this class.
   *
   * @param changes lines that come behind it
   */
  RunSpec spec(String resource, String... changes) {
    try (InputStream in = Setting.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the jar");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      String all = text + String.join("\n", changes);
      return new RunSpecReader(registry).read(Path.of(resource), all);
    } catch (IOException e) {
      throw new UncheckedIOException(resource + " inside the jar is not readable", e);
    }
  }
}
