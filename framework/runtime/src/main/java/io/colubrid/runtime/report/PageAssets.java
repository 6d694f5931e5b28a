package io.colubrid.runtime.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * Styles and scripts to be inlined, so that the page opens offline and for ever.
 *
 * @param css ours, after that of the plot library
 * @param plot the plot library
 * @param script ours
 */
record PageAssets(String css, String plot, String script) {
  private static final String BUILD = "/io/colubrid/runtime/build.properties";

  static PageAssets load() {
    String uplot = "/META-INF/resources/webjars/uplot/" + uplotVersion() + "/dist/";
    return new PageAssets(
        text(uplot + "uPlot.min.css") + text("report.css"),
        text(uplot + "uPlot.iife.min.js"),
        text("report.js"));
  }

  private static String uplotVersion() {
    Properties build = new Properties();
    try (InputStream in = open(BUILD)) {
      build.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(BUILD, e);
    }
    return build.getProperty("uplot");
  }

  private static String text(String resource) {
    try (InputStream in = open(resource)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }

  private static InputStream open(String resource) {
    InputStream in = PageAssets.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IllegalStateException("expected " + resource + " on the class path, found nothing");
    }
    return in;
  }
}
