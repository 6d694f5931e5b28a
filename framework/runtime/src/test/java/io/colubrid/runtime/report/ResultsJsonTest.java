package io.colubrid.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ResultsJsonTest {
  private static JsonNode json(ComparisonReport report) {
    return JsonMapper.shared().readTree(ResultsJson.of(report));
  }

  @Test
  void everyModelHasItsScalarsAndSeeds() {
    ComparisonReport report = SampleReports.of(3, 5);
    JsonNode model = json(report).at("/models/2");
    assertThat(model.get("name").stringValue()).isEqualTo("one attention in four");
    assertThat(model.get("parameters").longValue()).isEqualTo(1_240_320);
    assertThat(model.get("flopsPerToken").isIntegralNumber()).isTrue();
    assertThat(model.get("flopsPerToken").longValue()).isEqualTo(2_530_000);
    assertThat(model.get("stateBytes").longValue()).isEqualTo(372_736);
    for (String name :
        List.of("heldOutBitsPerByte", "trainTokensPerSecond", "generateTokensPerSecond")) {
      double mean =
          model
              .get("seeds")
              .valueStream()
              .mapToDouble(seed -> seed.get(name).doubleValue())
              .average()
              .orElseThrow();
      assertThat(model.get(name).doubleValue()).isCloseTo(mean, offset(1e-9));
    }
    assertThat(model.get("heldOutBitsPerByteStd").doubleValue()).isPositive();
    assertThat(model.at("/seeds/2/layers").has("layers.7.channel.load.3")).isTrue();
    assertThat(json(report).at("/models/0/seeds/0").has("layers")).isFalse();
  }

  @Test
  void oneSeedHasNoSpreadAndRanksNothing() {
    JsonNode json = json(SampleReports.of(1, 5));
    assertThat(json.get("ranks").booleanValue()).isFalse();
    assertThat(json.at("/models/0/heldOutBitsPerByteStd").isNull()).isTrue();
    assertThat(json.at("/models/0/heldOutBitsPerByte").isNumber()).isTrue();
  }

  @Test
  void aModelThatWentBadHasNullForItsResult() {
    SeedResult bad =
        new SeedResult(
            1, Double.NaN, new LinkedHashMap<>(), new LinkedHashMap<>(), 100, 10, List.of());
    ModelResult model = new ModelResult("bad", 1, 1, 1, "", List.of(bad));
    JsonNode json = json(SampleReports.of(List.of(model)));
    assertThat(json.at("/models/0/heldOutBitsPerByte").isNull()).isTrue();
    assertThat(ReportWriter.html(SampleReports.of(List.of(model)))).doesNotContain("NaN<");
  }

  @Test
  void aReportWithoutModelsOrAModelWithoutSeedsIsRefused() {
    assertThatThrownBy(() -> SampleReports.of(List.of()))
        .hasMessage("expected at least one model to report");
    assertThatThrownBy(() -> new ModelResult("m", 1, 1, 1, "", List.of()))
        .hasMessage("model m: expected at least one seed");
  }
}
