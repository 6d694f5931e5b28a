package io.colubrid.runtime.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.runtime.config.KeyDescription;
import io.colubrid.spi.plugin.LayerDefinition.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerRegistryTest {
  private final LayerRegistry registry = TestLayers.registry();

  @Test
  void keepsKindsApart() {
    assertThat(registry.find(Kind.STEM, "embedding")).isPresent();
    assertThat(registry.find(Kind.LAYER, "embedding")).isEmpty();
    assertThat(registry.names(Kind.OPTIMIZER)).containsExactly("adamw");
  }

  @Test
  void describesEveryKey() {
    LayerDescription mamba = describe("mamba");
    assertThat(mamba.documentation()).isEqualTo("Selective state space (Gu and Dao, 2023).");
    assertThat(mamba.origin()).hasToString("test-layers.jar (built in)");
    assertThat(mamba.keys())
        .contains(
            new KeyDescription(
                "d-state",
                "integer",
                "16",
                false,
                "greater than 0",
                "Size of the state of one channel."),
            new KeyDescription(
                "expand",
                "integer",
                "2",
                false,
                "between 1 and 8",
                "Width inside, as a multiple of d-model."),
            new KeyDescription(
                "dt-rank",
                "integer",
                null,
                false,
                "greater than 0",
                "Rank of the step size projection; left out, a 16th of d-model."));
  }

  @Test
  void describesInnerKeysAndTypes() {
    assertThat(describe("attention").keys())
        .extracting(KeyDescription::key, KeyDescription::type, KeyDescription::required)
        .contains(
            org.assertj.core.groups.Tuple.tuple("heads", "integer", true),
            org.assertj.core.groups.Tuple.tuple("kv-heads", "integer", false),
            org.assertj.core.groups.Tuple.tuple("rotary.kind", "neox-style | interleaved", false));
    assertThat(describe("moe").keys().get(2).type()).isEqualTo("layer");
    assertThat(describe("lists").keys())
        .extracting(KeyDescription::type)
        .isEqualTo(List.of("list of integer", "list of text", "named number"));
  }

  private LayerDescription describe(String name) {
    return registry.describe().stream()
        .filter(d -> d.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
