package io.colubrid.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportWriterTest {
  private static final String HOSTILE = "</script><script>alert('\"&\u2028')</script><!--";

  private static ModelResult hostile() {
    SequencedMap<String, Double> layers = new LinkedHashMap<>();
    layers.put(HOSTILE + "." + HOSTILE, Double.NaN);
    List<LossPoint> losses = List.of(new LossPoint(1, 2, 3, Double.NaN));
    SeedResult seed = new SeedResult(1, 2.5, new LinkedHashMap<>(), layers, 100, 10, losses);
    return new ModelResult(HOSTILE, 1, 1, 1, HOSTILE, List.of(seed));
  }

  private static JsonNode curves(String html) {
    Matcher matcher =
        Pattern.compile(
                "<script type=\"application/json\" id=\"curves\">(.*?)</script>", Pattern.DOTALL)
            .matcher(html);
    assertThat(matcher.find()).isTrue();
    return JsonMapper.shared().readTree(matcher.group(1));
  }

  @Test
  void writesBothFilesIntoANewFolder(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("a/b");
    ReportWriter.write(SampleReports.of(3, 50), out);
    assertThat(Files.readString(out.resolve(ReportWriter.HTML_NAME))).startsWith("<!DOCTYPE html>");
    JsonNode results = JsonMapper.shared().readTree(out.resolve(ReportWriter.JSON_NAME).toFile());
    assertThat(results.get("models")).hasSize(3);
  }

  @Test
  void thePageNeedsNothingButItself() {
    String html = ReportWriter.html(SampleReports.of(1, 50));
    assertThat(html)
        .doesNotContainPattern("<(link|img|iframe)\\b|\\s(src|href)\\s*=|url\\(|@import");
    assertThat(html).contains("uPlot=function").contains(".u-wrap");
  }

  @Test
  void whatComesFromOutsideStaysText() {
    String html = ReportWriter.html(SampleReports.of(List.of(hostile())));
    assertThat(html).doesNotContain("<script>alert").doesNotContain("<!--");
    assertThat(html).contains("&lt;/script&gt;&lt;script&gt;alert(");
    assertThat(html.split("</script>", -1)).hasSize(4);
    assertThat(curves(html).at("/models/0/name").stringValue()).isEqualTo(HOSTILE);
    assertThat(curves(html).at("/models/0/seeds/0/loss/0").isNull()).isTrue();
  }

  @Test
  void oneSeedRanksNothingAndSeveralHaveIntervals() {
    String one = ReportWriter.html(SampleReports.of(1, 5));
    String three = ReportWriter.html(SampleReports.of(3, 5));
    assertThat(one).contains("One seed: this ranks nothing.").doesNotContain("interval</th>");
    assertThat(three).doesNotContain("ranks nothing").contains("interval</th>", "<svg");
  }

  @Test
  void everyModelHasItsRowConfigAndCurve() {
    ComparisonReport report = SampleReports.of(2, 20);
    String html = ReportWriter.html(report);
    for (ModelResult model : report.models()) {
      assertThat(html).contains("</span>" + model.name() + "</th>");
      assertThat(html).contains("<summary>" + model.name() + "</summary>");
      assertThat(html).contains(NumberText.grouped(model.parameters()));
    }
    assertThat(curves(html).get("models")).hasSize(3);
    assertThat(curves(html).at("/models/0/seeds/1/loss")).hasSize(20);
  }

  @Test
  void whatLayersReportedHasATableAModel() {
    String html = ReportWriter.html(SampleReports.of(2, 5));
    assertThat(html.split("<th scope=\"row\">layers\\.", -1)).hasSize(1 + 4);
    assertThat(html)
        .contains(">balance-loss</th>", ">load</th>")
        .containsPattern("0\\.2\\d+ 0\\.2");
    ModelResult without = SampleReports.of(2, 5).models().getFirst();
    assertThat(ReportWriter.html(SampleReports.of(List.of(without)))).doesNotContain("Inside the");
  }

  @Test
  void longCurvesAreThinnedWithoutChangingTheirMean() {
    List<LossPoint> points =
        SampleReports.of(1, 4000).models().getFirst().seeds().getFirst().losses();
    List<LossPoint> thinned = CurvesJson.thin(points);
    assertThat(thinned).hasSize(CurvesJson.MAX_POINTS);
    double before = points.stream().mapToDouble(LossPoint::loss).average().orElseThrow();
    double after = thinned.stream().mapToDouble(LossPoint::loss).average().orElseThrow();
    assertThat(after).isCloseTo(before, offset(1e-9));
    assertThat(CurvesJson.thin(points.subList(0, 800))).isEqualTo(points.subList(0, 800));
  }
}
