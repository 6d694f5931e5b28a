package io.colubrid.runtime.scaffold;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.lang.model.SourceVersion;

/**
 * What the parts of a plugin are called.
 *
 * @param layer the layer's name in files, such as {@code my-layer}
 * @param javaPackage such as {@code com.example}
 */
public record PluginNames(String layer, String javaPackage) {
  private static final Pattern KEBAB = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");
  private static final Pattern PACKAGE = Pattern.compile("[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*");
  private static final List<String> TAKEN =
      List.of("java", "javax", "jdk", "io.colubrid", "com.google.inject", "jakarta.inject");
  private static final String LAYER = "-layer";

  /**
   * @throws IllegalArgumentException if a name does not do, saying why
   */
  public PluginNames {
    if (!KEBAB.matcher(layer).matches()) {
      throw new IllegalArgumentException(
          "the layer's name must be in kebab case, such as my-layer; found '" + layer + "'");
    }
    if (layer.equals("layer")) {
      throw new IllegalArgumentException(
          "a layer called just 'layer' would be taken for the spi's own classes; choose another"
              + " name");
    }
    if (!PACKAGE.matcher(javaPackage).matches() || !SourceVersion.isName(javaPackage)) {
      throw new IllegalArgumentException(
          "--package: expected a Java package in lower case, such as com.example; found '"
              + javaPackage
              + "'");
    }
    for (String taken : TAKEN) {
      if ((javaPackage + ".").startsWith(taken + ".")) {
        throw new IllegalArgumentException(
            "--package: '%s' belongs to %s; take one of your own, such as com.example"
                .formatted(javaPackage, taken));
      }
    }
  }

  /** What its classes begin with: {@code My} for {@code my-layer}, so that there is a MyLayer. */
  String classes() {
    String stem =
        layer.endsWith(LAYER) ? layer.substring(0, layer.length() - LAYER.length()) : layer;
    return Arrays.stream(stem.split("-"))
        .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
        .collect(Collectors.joining());
  }

  /** Folder of the package below a source folder. */
  String packageFolder() {
    return javaPackage.replace('.', '/');
  }
}
