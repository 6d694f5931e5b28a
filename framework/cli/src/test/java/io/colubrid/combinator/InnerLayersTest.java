package io.colubrid.combinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.runtime.config.ConfigFile;
import io.colubrid.runtime.config.ConfigReader;
import io.colubrid.runtime.config.Pending;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.model.ModelGraph;
import io.colubrid.runtime.model.ModelGraphBuilder;
import io.colubrid.runtime.model.NodeReader;
import io.colubrid.runtime.plan.LayerCost;
import io.colubrid.runtime.plan.ModelPlan;
import io.colubrid.runtime.plan.Planner;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.spi.layer.StateSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers inside layers: what they carry, declare and cost, and how a file reaches them. */
final class InnerLayersTest {
  private static final String ATTENTION = "{ type = attention, heads = 2 }";
  private static final String PARALLEL =
      "{ type = parallel, branches = [ { type = residual-scale, of = mamba }, "
          + ATTENTION
          + " ] }";

  @TempDir private Path folder;

  @Test
  void statesOfInnerLayersStandUnderTheirOwnPaths() throws IOException {
    Model model = model("{ mixer " + PARALLEL + " }");

    Map<String, List<StateSpec>> states = model.states();

    assertThat(states.get("layers.0.mixer")).isEmpty();
    assertThat(states.get("layers.0.mixer.branches.0.of"))
        .extracting(StateSpec::name)
        .containsExactly("conv", "ssm");
    assertThat(states.get("layers.0.mixer.branches.1"))
        .extracting(StateSpec::name)
        .containsExactly("k", "v");
    assertThat(model.stateBytes(100))
        .isEqualTo(model("{ mixer = mamba }, { mixer " + ATTENTION + " }").stateBytes(100));
    assertThat(model.generationRefusal()).isEmpty();
  }

  @Test
  void aLayerIsWhatTheLayersInsideItAllow() throws IOException {
    Model model =
        model(
            "{ mixer { type = shared, name = a, of { type = parallel, branches = [ mlp, { type = attention, heads = 2, causal = false } ] } } }");

    assertThat(model.layers().get("layers.0.mixer").causal()).isFalse();
    assertThat(model.layers().get("layers.0.mixer").stateful()).isFalse();
    assertThat(model.generationRefusal())
        .hasValueSatisfying(
            why -> assertThat(why).startsWith("layers.0.mixer.of.branches.1: is not causal"));
    assertThat(model.stateBytes(100)).isZero();
  }

  @Test
  void sharedWeightsAreCountedOnceAndStatesAreEachPlacesOwn() throws IOException {
    String shared =
        "{ type = shared, name = a, of { type = bidirectional, weights = shared, of = mamba } }";
    Model once = model("{ mixer " + shared + " }");
    Model thrice = model("{ repeat = 3, of = [ { mixer " + shared + " } ] }");
    long norms = 2 * 16;

    assertThat(thrice.parameterCount()).isEqualTo(once.parameterCount() + norms);
    assertThat(thrice.parameters())
        .filteredOn(parameter -> parameter.path().endsWith("A_log"))
        .singleElement()
        .extracting(ModelParameter::aliases)
        .asInstanceOf(LIST)
        .hasSize(5)
        .contains("layers.2.mixer.of.backward.A_log");

    Model causal =
        model("{ repeat = 3, of = [ { mixer { type = shared, name = a, of = mamba } } ] }");
    assertThat(causal.stateBytes(1)).isEqualTo(3 * model("{ mixer = mamba }").stateBytes(1));
  }

  @Test
  void setOptionsReachInnerLayers() throws IOException {
    String layers = "{ mixer " + PARALLEL + " }";

    Model model =
        model(
            layers,
            "layers.0.mixer.branches.0.of.d-state=4",
            "layers.0.mixer.branches.1.kv-heads=1");

    assertThat(model.states().get("layers.0.mixer.branches.0.of").getLast().shape().dim(1))
        .isEqualTo(4);
    assertThat(model.states().get("layers.0.mixer.branches.1").getFirst().shape().dim(0))
        .isEqualTo(1);
  }

  @Test
  void aPlanCountsWhatIsInside() throws IOException {
    ModelPlan inside = plan("{ mixer " + PARALLEL + " }");
    ModelPlan apart = plan("{ mixer = mamba }, { mixer " + ATTENTION + " }");

    LayerCost whole = inside.layers().get(1);
    // In place of the second norm there is a scale, which is as large.
    assertThat(whole.parameters()).isEqualTo(parameters(apart, 1) + parameters(apart, 2));
    assertThat(whole.forwardFlops())
        .isEqualTo(apart.layers().get(1).forwardFlops() + apart.layers().get(2).forwardFlops());
    assertThat(inside.state()).isEqualTo(apart.state());
  }

  private static long parameters(ModelPlan plan, int layer) {
    return plan.layers().get(layer).parameters();
  }

  @Test
  void aWrittenModelIsReadBackEqual() throws IOException {
    RunSpec spec =
        read(text("{ mixer " + PARALLEL + ", channel { type = residual-scale, of = mlp } }"));

    RunSpec again = read(spec.text());

    assertThat(again.text()).isEqualTo(spec.text());
    assertThat(names(again)).isEqualTo(names(spec));
  }

  private static List<String> names(RunSpec spec) {
    return ModelBuilder.build(spec.graph()).parameters().stream()
        .map(ModelParameter::toString)
        .toList();
  }

  private static String text(String layers) {
    return "model { d-model = 16, layers = [ " + layers + " ] }";
  }

  private Model model(String layers, String... sets) throws IOException {
    Path path = Files.writeString(folder.resolve("my.conf"), text(layers));
    try (Session session = Session.open(List.of())) {
      LayerRegistry registry = session.plugins().registry();
      ConfigFile file = new ConfigReader(new NodeReader(registry)).read(path, List.of(sets));
      Pending<ModelGraph> graph = new ModelGraphBuilder(registry).read(file);
      file.finish();
      return ModelBuilder.build(graph.get());
    }
  }

  private ModelPlan plan(String layers) throws IOException {
    return Planner.plan(read(text(layers)));
  }

  private RunSpec read(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("my.conf"), text);
    try (Session session = Session.open(List.of())) {
      return session.read(file, List.of());
    }
  }
}
