package io.colubrid.runtime.report;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes a report's two files. */
public final class ReportWriter {
  public static final String HTML_NAME = "report.html";
  public static final String JSON_NAME = "results.json";

  private ReportWriter() {}

  /**
   * Writes {@code results.json} and the self-contained {@code report.html} into a folder, which is
   * created if need be.
   */
  public static void write(ComparisonReport report, Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve(JSON_NAME), ResultsJson.of(report));
    Files.writeString(folder.resolve(HTML_NAME), html(report));
  }

  static String html(ComparisonReport report) {
    TemplateEngine engine =
        TemplateEngine.createPrecompiled(
            null,
            ContentType.Html,
            ReportWriter.class.getClassLoader(),
            ReportWriter.class.getPackageName());
    StringOutput output = new StringOutput();
    engine.render(
        "report.jte",
        Map.of(
            "page", new ReportPage(report),
            "assets", PageAssets.load(),
            "curves", CurvesJson.of(report)),
        output);
    return output.toString().stripLeading();
  }
}
