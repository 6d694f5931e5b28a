package io.colubrid.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.colubrid.runtime.config.ConfigFile;
import io.colubrid.runtime.config.ConfigReader;
import io.colubrid.runtime.config.Defaults;
import io.colubrid.runtime.config.DefaultsCheck;
import io.colubrid.runtime.config.Pending;
import io.colubrid.runtime.config.Problem;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.TestLayers;
import io.colubrid.runtime.plugin.TestLayers.MambaConfig;
import io.colubrid.spi.layer.InvalidLayerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelGraphBuilderTest {
  private static final String BLOCKS =
      """
      model {
        d-model = 64
        blocks {
          m  { mixer { type = mamba, expand = 3 } }
          mE { mixer = mamba, channel { type = moe, top-k = 2 } }
          a  {
            mixer { type = attention
              heads = 8 }
            channel { type = swiglu, hidden = 128 }
          }
        }
      """;

  @TempDir private Path folder;
  private final LayerRegistry registry = TestLayers.registry();

  @Test
  void expandsRepeatsInOrder() throws IOException {
    ModelGraph graph = graph("layers = [a, { repeat = 2, of = [m, { repeat = 2, of = [mE] }] }]");
    assertThat(graph.blocks())
        .extracting(BlockNode::block)
        .containsExactly("a", "m", "mE", "mE", "m", "mE", "mE");
    assertThat(graph.blocks()).extracting(BlockNode::index).containsExactly(0, 1, 2, 3, 4, 5, 6);
    assertThat(graph.blocks().get(5).mixer().path()).isEqualTo("layers.5.mixer");
    assertThat(graph.blocks().get(5).channel().path()).isEqualTo("layers.5.channel");
    assertThat(graph.blocks().get(4).channel()).isNull();
    assertThat(graph.warnings()).isEmpty();
  }

  @Test
  void takesDefaultsFromThePlugin() throws IOException {
    ModelGraph graph = graph("layers = [m]");
    MambaConfig mamba = (MambaConfig) graph.blocks().getFirst().mixer().config();
    assertThat(mamba.expand()).as("from the file").isEqualTo(3);
    assertThat(mamba.dState()).as("from reference.conf").isEqualTo(16);
    assertThat(graph.stem().type()).isEqualTo("embedding");
    assertThat(graph.stem().path()).isEqualTo("stem");
    assertThat(graph.warnings()).containsExactly("block 'mE' is not used", "block 'a' is not used");
  }

  @Test
  void variesABlockWhereItStands() throws IOException {
    ModelGraph graph =
        graph(
            "layers = [m, { block = m, mixer.d-state = 32 }, { block = m, channel { type = swiglu,"
                + " hidden = 8 } }, m]");
    assertThat(graph.blocks()).extracting(b -> dState(b)).containsExactly(16, 32, 16, 16);
    assertThat(((MambaConfig) graph.blocks().get(1).mixer().config()).expand()).isEqualTo(3);
    assertThat(graph.blocks().get(2).channel().type()).isEqualTo("swiglu");
    assertThat(graph.blocks().get(3).channel()).isNull();
  }

  @Test
  void aVariationOfTheTypeKeepsNoKeys() throws IOException {
    ModelGraph graph =
        graph(
            "layers = [{ block = a, mixer { type = mamba, d-state = 4 } }, { block = a, mixer ="
                + " mamba, channel = null }]");
    assertThat(graph.blocks()).extracting(b -> dState(b)).containsExactly(4, 16);
    assertThat(graph.blocks().get(1).channel()).isNull();
  }

  @Test
  void acceptsBlocksWrittenInPlace() throws IOException {
    ModelGraph graph =
        graph("layers = [{ mixer = mamba }, { channel { type = swiglu, hidden = 4 } }]");
    assertThat(graph.blocks().getFirst().block()).isEmpty();
    assertThat(graph.blocks().get(1).mixer()).isNull();
  }

  @Test
  void aBareLayerStandsAlone() throws IOException {
    ModelGraph graph =
        graph("layers = [m, { bare { type = mamba, expand = 4 } }]", "layers.1.bare.d-state=8");

    BlockNode bare = graph.blocks().get(1);
    assertThat(bare.layers()).extracting(LayerNode::path).containsExactly("layers.1.bare");
    assertThat(bare.mixer()).isNull();
    assertThat(bare.bare().config()).extracting("expand", "dState").containsExactly(4, 8);
  }

  @Test
  void optionsChangeSingleLayers() throws IOException {
    ModelGraph graph =
        graph(
            "layers = [{ repeat = 3, of = [m] }]",
            "layers.1.mixer.d-state=32",
            "model.layers.2.mixer.type=attention",
            "layers.2.mixer.heads=4",
            "layers.1.mixer.expand=1");
    assertThat(dState(graph.blocks().get(0))).isEqualTo(16);
    assertThat(graph.blocks().get(1).mixer().config())
        .extracting("dState", "expand")
        .containsExactly(32, 1);
    assertThat(graph.blocks().get(2).mixer().type()).isEqualTo("attention");
  }

  @Test
  void aRefusalOfAFactoryIsToldAtItsKey() throws IOException {
    ModelGraph graph = graph("layers = [m, { repeat = 2, of = [a] }]");
    LayerNode attention = graph.blocks().get(2).mixer();
    assertThat(located(attention, "heads"))
        .isEqualTo("main.conf: 8: model.blocks.a.mixer.heads: bad");
    assertThat(located(attention, "kv-heads"))
        .isEqualTo("main.conf: 7: model.blocks.a.mixer.kv-heads: bad");
    assertThat(located(attention, "rotary.base"))
        .isEqualTo("main.conf: 7: model.blocks.a.mixer.rotary.base: bad");
  }

  @Test
  void variationsOfAModelShareItsKeys() throws IOException {
    String variations =
        """
        layers = [m] }
        vars {
          narrow { d-model = 32, head { type = classifier-head } }
          deep { layers = [m, m, a], blocks.m.mixer.d-state = 8 }
        """;
    ConfigFile file =
        file(variations, "vars.deep.layers.0.mixer.d-state=2", "layers.0.mixer.expand=5");
    ModelGraphBuilder graphs = new ModelGraphBuilder(registry);
    Pending<ModelGraph> narrow =
        graphs.read(
            file,
            "vars.narrow",
            (com.typesafe.config.ConfigObject) file.object("vars").get("narrow"));
    Pending<ModelGraph> deep =
        graphs.read(
            file, "vars.deep", (com.typesafe.config.ConfigObject) file.object("vars").get("deep"));
    file.finish();
    assertThat(narrow.get().config().dModel()).isEqualTo(32);
    assertThat(narrow.get().head().type()).isEqualTo("classifier-head");
    assertThat(deep.get().config().dModel()).isEqualTo(64);
    assertThat(deep.get().blocks()).hasSize(3);
    assertThat(deep.get().blocks().get(0).mixer().config())
        .extracting("dState", "expand")
        .containsExactly(2, 5);
    assertThat(dState(deep.get().blocks().get(1))).isEqualTo(8);
    assertThat(narrow.get().place()).isEqualTo("vars.narrow");
  }

  @Test
  void anErrorThatVariationsShareIsToldOnce() throws IOException {
    ConfigFile file =
        file("layers = [m, nix], colour = 3 }\nvars { x { d-model = 0 }, y { d-model = 8 }");
    ModelGraphBuilder graphs = new ModelGraphBuilder(registry);
    for (String name : List.of("x", "y")) {
      graphs.read(
          file, "vars." + name, (com.typesafe.config.ConfigObject) file.object("vars").get(name));
    }
    assertThatThrownBy(file::finish)
        .hasMessageContaining("no key 'colour'")
        .hasMessageContaining("vars.x.layers[1]: no block 'nix'")
        .hasMessageContaining("vars.x.d-model: must be greater than 0")
        .message()
        .hasLineCount(3);
  }

  @Test
  void writesAnEqualGraph() throws IOException {
    ModelGraph graph =
        graph(
            "dropout = 0.25, layers = [m, { repeat = 2, of = [a, mE] }, { bare = mamba }]",
            "layers.1.mixer.heads=2");
    Problems problems = new Problems();
    ModelGraph again =
        new ModelGraphBuilder(registry)
            .build(
                ConfigFactory.parseString(graph.write().render()).root(),
                "model",
                List.of(),
                problems);
    assertThat(problems.list()).isEmpty();
    assertThat(again.write()).isEqualTo(graph.write());
    assertThat(again.blocks()).hasSize(6);
    assertThat(again.blocks().get(1).mixer().config())
        .isEqualTo(graph.blocks().get(1).mixer().config());
    assertThat(again.config().dropout()).isEqualTo(0.25);
  }

  @Test
  void buildsTenThousandLayersAndNoMore() throws IOException {
    assertThat(graph("layers = [{ repeat = 100, of = [{ repeat = 100, of = [m] }] }]").blocks())
        .hasSize(10_000);
    ConfigFile file =
        file("layers = [{ repeat = 5000, of = [m] }, { repeat = 5000, of = [m] }, m]");
    new ModelGraphBuilder(registry).read(file);
    assertThatThrownBy(file::finish).hasMessageEndingWith("layers: more than 10000 layers");
  }

  @Test
  void everyKeyOfAModelHasADefaultOrNull() {
    Problems problems = new Problems();
    new DefaultsCheck(problems).check(ModelConfig.class, Defaults.of("model"), "model");
    assertThat(problems.list()).isEmpty();
  }

  private ModelGraph graph(String rest, String... sets) throws IOException {
    ConfigFile file = file(rest, sets);
    Pending<ModelGraph> graph = new ModelGraphBuilder(registry).read(file);
    file.finish();
    return graph.get();
  }

  private ConfigFile file(String rest, String... sets) throws IOException {
    Path path = Files.writeString(folder.resolve("main.conf"), BLOCKS + rest + "\n}\n");
    return new ConfigReader(new NodeReader(registry)).read(path, List.of(sets));
  }

  private String located(LayerNode node, String key) {
    Problem problem = node.problem(new InvalidLayerException(key, "bad"));
    return problem.toString().replace(folder + "/", "");
  }

  private static int dState(BlockNode block) {
    return ((MambaConfig) block.mixer().config()).dState();
  }
}
