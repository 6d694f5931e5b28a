package io.colubrid.runtime.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigResolveOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a config file with its includes, substitutions and {@code --set} options. Problems are not
 * thrown here: what could be read goes on to {@link ConfigFile}, which tells all of them at once.
 */
public final class ConfigReader {
  private static final ConfigResolveOptions KEEP_UNRESOLVED =
      ConfigResolveOptions.defaults().setAllowUnresolved(true);

  private final SpecReader specs;

  /**
   * @param specs reads components that are layers, such as a section's optimizer
   */
  public ConfigReader(SpecReader specs) {
    this.specs = specs;
  }

  /** Reads a file; {@code sets} are the values of {@code --set}, later ones win. */
  public ConfigFile read(Path file, List<String> sets) {
    Problems problems = new Problems();
    return read(file, new FileParser(problems).parse(file), sets, problems);
  }

  /** Reads the text of a file that is not written yet, under the name it shall have in messages. */
  public ConfigFile read(Path name, String text) {
    Problems problems = new Problems();
    return read(name, new FileParser(problems).parse(name, text), List.of(), problems);
  }

  private ConfigFile read(
      Path file, @Nullable ConfigObject parsed, List<String> sets, Problems problems) {
    boolean readable = parsed != null;
    ConfigObject written = Objects.requireNonNullElse(parsed, Values.EMPTY);
    if (readable && written.isEmpty() && problems.isEmpty()) {
      problems.add(file.toString(), 0, "", "is empty; expected a section such as model { … }");
    }
    List<LayerSet> layerSets = new ArrayList<>();
    Config config = written.toConfig();
    for (String option : sets) {
      config = overlay(option, config, layerSets, problems);
    }
    ConfigObject root = readable ? resolve(config, file, problems) : null;
    return new ConfigFile(file, root, layerSets, specs, problems);
  }

  private static String circle(String message) {
    String before = "involving ";
    int steps = message.indexOf(before);
    String detail = steps < 0 ? message : message.substring(steps + before.length());
    return "substitutions lead in a circle: " + detail;
  }

  private static Config overlay(
      String option, Config config, List<LayerSet> layerSets, Problems problems) {
    SetOption set = SetOption.of(option, problems);
    if (set == null) {
      return config;
    }
    if (set.path().getFirst().equals("layers") && LayerSet.of(set) == null) {
      String expected = "expected a key of a layer, such as layers.5.mixer.d-state=32";
      problems.add(set.origin(), 0, "", expected);
      return config;
    }
    LayerSet layerSet = LayerSet.of(set);
    if (layerSet != null) {
      layerSets.add(layerSet);
      return config;
    }
    return set.object().toConfig().withFallback(config);
  }

  private static @Nullable ConfigObject resolve(Config config, Path file, Problems problems) {
    try {
      return Unresolved.report(config.resolve(KEEP_UNRESOLVED).root(), problems);
    } catch (ConfigException.UnresolvedSubstitution circle) {
      problems.add(circle.origin(), "", circle(String.valueOf(circle.getMessage())));
    } catch (ConfigException bad) {
      problems.add(bad.origin(), "", String.valueOf(bad.getMessage()));
    } catch (Unresolved.TooLargeException tooLarge) {
      tooLarge.report(problems);
    } catch (StackOverflowError tooDeep) {
      problems.add(file.toString(), 0, "", "nested too deeply");
    }
    return null;
  }
}
