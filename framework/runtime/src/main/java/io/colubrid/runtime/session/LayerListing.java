package io.colubrid.runtime.session;

import io.colubrid.runtime.config.KeyDescription;
import io.colubrid.runtime.plugin.LayerDescription;
import io.colubrid.runtime.plugin.LayerRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A listing of layers for people. */
public final class LayerListing {
  private static final int WIDTH = 96;
  private static final String INDENT = " ".repeat(8);

  private LayerListing() {}

  /**
   * @param names what to list; empty for all
   * @throws IllegalArgumentException if nothing goes by one of the names
   */
  public static String of(LayerRegistry registry, List<String> names) {
    List<LayerDescription> all = registry.describe();
    for (String name : names) {
      if (all.stream().noneMatch(layer -> layer.name().equals(name))) {
        List<String> known = all.stream().map(LayerDescription::name).distinct().toList();
        throw new IllegalArgumentException(
            "nothing is called '" + name + "'; there are " + String.join(", ", known));
      }
    }
    StringBuilder text = new StringBuilder();
    all.stream()
        .filter(layer -> names.isEmpty() || names.contains(layer.name()))
        .forEach(layer -> describe(text, layer));
    return text.toString();
  }

  private static void describe(StringBuilder text, LayerDescription layer) {
    String kind = layer.kind().name().toLowerCase(Locale.ROOT);
    text.append("%s %s   (%s)%n".formatted(kind, layer.name(), layer.origin()));
    wrap(text, "    ", layer.documentation());
    for (KeyDescription key : layer.keys()) {
      text.append("    ").append(key.key());
      if (key.defaultValue() != null) {
        text.append(" = ").append(key.defaultValue());
      }
      text.append("   (").append(key.type());
      if (key.bounds() != null) {
        text.append(", ").append(key.bounds());
      }
      if (key.required()) {
        text.append(", must be given");
      }
      text.append(")\n");
      wrap(text, INDENT, key.documentation());
    }
    text.append('\n');
  }

  private static void wrap(StringBuilder text, String indent, String paragraph) {
    List<String> line = new ArrayList<>();
    int length = indent.length();
    for (String word : paragraph.split(" ")) {
      if (length + word.length() + 1 > WIDTH && !line.isEmpty()) {
        text.append(indent).append(String.join(" ", line)).append('\n');
        line.clear();
        length = indent.length();
      }
      line.add(word);
      length += word.length() + 1;
    }
    if (!line.isEmpty() && !paragraph.isEmpty()) {
      text.append(indent).append(String.join(" ", line)).append('\n');
    }
  }
}
