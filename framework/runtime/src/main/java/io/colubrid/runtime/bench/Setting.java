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

/** What benchmarks are made of: a device, and the layers that there are. */
record Setting(Backend backend, LayerRegistry registry) {

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
