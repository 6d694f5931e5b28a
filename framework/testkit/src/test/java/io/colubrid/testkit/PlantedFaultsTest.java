package io.colubrid.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.runtime.conformance.Outcome;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The conformance tests can fail: each fault is found by the property that is about it. */
final class PlantedFaultsTest {
  @ParameterizedTest
  @EnumSource(value = Fault.class, names = "NONE", mode = Mode.EXCLUDE)
  void isFound(Fault fault) {
    Outcome outcome = Conformance.check(property(fault.property()), toy(fault));

    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
  }

  @Test
  void aSoundLayerPasses() {
    assertThat(Conformance.check(toy(Fault.NONE)).values())
        .allSatisfy(outcome -> assertThat(outcome).isEqualTo(Outcome.passed()));
  }

  @Test
  void everyPropertyCanFail() {
    Set<String> found = Stream.of(Fault.values()).map(Fault::property).collect(Collectors.toSet());

    assertThat(Conformance.properties()).extracting(Property::name).isSubsetOf(found);
  }

  @Test
  void theSmallestCaseIsTold() {
    Outcome.Failed failed =
        (Outcome.Failed)
            Conformance.check(property("bodies-agree"), toy(Fault.GRADIENT_MISSES_A_TERM));

    assertThat(failed.smallestCase()).isEqualTo("batch 1, length 4, width 2, seed 1");
    assertThat(failed.message()).contains("gradient of", "expected", "found");
  }

  @Test
  void whatIsThrownIsKept() {
    Outcome.Failed failed =
        (Outcome.Failed) Conformance.check(property("shape-as-declared"), toy(Fault.THROWS));

    assertThat(failed.smallestCase()).isEqualTo("batch 1, length 6, width 2, seed 1");
    assertThat(failed.message()).contains("cannot count beyond five");
    assertThat(failed.cause()).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "packing, packed-equals-separate, layers.0.mixer: a toy has one document",
    "padding, padded-equals-unpadded, layers.0.mixer: a toy is never short of breath",
    "padding, padding-leaves-states, layers.0.mixer: a toy is never short of breath",
    "state, step-equals-sequence, 'layers.0.mixer: carries no state from token to token, so the"
        + " model cannot generate'",
    "causality, causal, 'layers.0.mixer: is not causal: it sees tokens behind its own, so the model"
        + " cannot generate'",
  })
  void whatTheTraitsRefuseIsNotAskedFor(String refusal, String property, String reason) {
    LayerUnderTest layer =
        LayerUnderTest.of(new ToyPlugin(), "toy", "refuses = " + refusal).width(8);

    assertThat(Conformance.check(property(property), layer)).isEqualTo(Outcome.unsupported(reason));
    assertThat(Conformance.check(layer).values())
        .noneSatisfy(outcome -> assertThat(outcome).isInstanceOf(Outcome.Failed.class));
  }

  private static LayerUnderTest toy(Fault fault) {
    String key = fault.name().toLowerCase(Locale.ROOT).replace('_', '-');
    return LayerUnderTest.of(new ToyPlugin(), "toy", "fault = " + key).width(8);
  }

  private static Property property(String name) {
    return Conformance.properties().stream()
        .filter(property -> property.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
