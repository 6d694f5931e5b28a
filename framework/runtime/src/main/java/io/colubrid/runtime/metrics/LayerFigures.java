package io.colubrid.runtime.metrics;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What layers reported of themselves, such as the loads of experts, put back together from metrics
 * that are named {@code layers.3.channel.load.0}.
 *
 * @param figures by the path of the layer, then by name
 */
public record LayerFigures(SequencedMap<String, SequencedMap<String, Figure>> figures) {
  private static final Pattern NAME =
      Pattern.compile("(.+)\\.([^.]*[^.\\d][^.]*)(?:\\.(\\d+))?", Pattern.DOTALL);

  /**
   * A scalar or a vector.
   *
   * @param elements one for a scalar
   */
  public record Figure(boolean vector, List<Double> elements) {
    /** The elements with three digits, one behind the other. */
    public String text() {
      return elements.stream().map(Figure::text).collect(Collectors.joining(" "));
    }

    private static String text(double value) {
      return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3g", value) : "–";
    }
  }

  /** Those among the metrics that layers reported: their names have a path before them. */
  public static LayerFigures of(Map<String, Double> metrics) {
    SequencedMap<String, SequencedMap<String, Figure>> figures = new LinkedHashMap<>();
    metrics.forEach(
        (key, value) -> {
          Matcher name = NAME.matcher(key);
          if (name.matches()) {
            figures
                .computeIfAbsent(name.group(1), path -> new LinkedHashMap<>())
                .computeIfAbsent(
                    name.group(2), one -> new Figure(name.group(3) != null, new ArrayList<>()))
                .elements()
                .add(value);
          }
        });
    return new LayerFigures(Collections.unmodifiableSequencedMap(figures));
  }

  public boolean isEmpty() {
    return figures.isEmpty();
  }

  /** The names of all figures, those of vectors last. */
  public SequencedSet<String> names() {
    SequencedSet<String> names = new LinkedHashSet<>();
    for (boolean vectors : new boolean[] {false, true}) {
      for (Map<String, Figure> layer : figures.values()) {
        layer.forEach(
            (name, figure) -> {
              if (figure.vector() == vectors) {
                names.add(name);
              }
            });
      }
    }
    return names;
  }

  /** A layer's figures in the order of {@link #names}, empty where it has none of a name. */
  public List<String> cells(String path) {
    Map<String, Figure> layer = figures.getOrDefault(path, new LinkedHashMap<>());
    return names().stream()
        .map(name -> layer.containsKey(name) ? layer.get(name).text() : "")
        .toList();
  }

  /** A table of a line a layer, for a terminal; empty if no layer reported anything. */
  public String table() {
    if (isEmpty()) {
      return "";
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(row("layer", List.copyOf(names())));
    figures.keySet().forEach(path -> rows.add(row(path, cells(path))));
    StringBuilder table = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        int width = width(rows, column);
        line.append(("%-" + width + "s  ").formatted(row.get(column)));
      }
      table.append(line.toString().stripTrailing()).append('\n');
    }
    return table.toString();
  }

  private static List<String> row(String first, List<String> others) {
    List<String> row = new ArrayList<>(List.of(first));
    row.addAll(others);
    return row;
  }

  private static int width(List<List<String>> rows, int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(1);
  }
}
