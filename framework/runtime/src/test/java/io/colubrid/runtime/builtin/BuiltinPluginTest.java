package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.runtime.plugin.LayerDescription;
import io.colubrid.runtime.plugin.LoadedPlugins;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.spi.plugin.LayerDefinition.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BuiltinPluginTest {
  private static final LoadedPlugins LOADED = PluginLoader.load(List.of());

  @Test
  void isFoundOnTheClassPathWithSoundDefaults() {
    assertThat(LOADED.problems()).isEmpty();
    assertThat(LOADED.registry().names(Kind.STEM)).contains("embedding", "linear");
    assertThat(LOADED.registry().names(Kind.HEAD)).contains("linear", "lm-head");
    assertThat(LOADED.registry().names(Kind.LAYER)).contains("mlp", "swiglu");
    assertThat(LOADED.registry().names(Kind.OPTIMIZER)).contains("adamw", "sgd");
  }

  @Test
  void documentsEveryKey() {
    List<LayerDescription> own =
        LOADED.registry().describe().stream()
            .filter(layer -> layer.plugin().endsWith("BuiltinPlugin"))
            .toList();

    assertThat(own).hasSize(8);
    assertThat(own)
        .allSatisfy(
            layer -> {
              assertThat(layer.documentation()).as(layer.name()).isNotBlank();
              assertThat(layer.keys())
                  .allSatisfy(key -> assertThat(key.documentation()).as(key.key()).isNotBlank());
            });
  }
}
