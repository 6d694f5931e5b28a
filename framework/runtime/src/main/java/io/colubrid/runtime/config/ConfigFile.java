package io.colubrid.runtime.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A config file that was parsed, and from which sections are read. Problems gather until {@link
 * #finish()}:
 *
 * <pre>{@code
 * ConfigFile file = new ConfigReader(nodes).read(path, sets);
 * Pending<TrainConfig> train = file.section("train", TrainConfig.class);
 * Pending<ModelGraph> model = graphs.read(file);
 * file.finish();
 * use(train.get(), model.get());
 * }</pre>
 */
public final class ConfigFile {
  private final Path path;
  private final @Nullable ConfigObject root;
  private final List<LayerSet> layerSets;
  private final SpecReader specs;
  private final Problems problems;
  private final Set<String> sectionsRead = new HashSet<>();
  private final Set<String> modelsRead = new HashSet<>();

  ConfigFile(
      Path path,
      @Nullable ConfigObject root,
      List<LayerSet> layerSets,
      SpecReader specs,
      Problems problems) {
    this.path = path;
    this.root = root;
    this.layerSets = List.copyOf(layerSets);
    this.specs = specs;
    this.problems = problems;
    if (root != null) {
      reportUnknownSections(root);
    }
  }

  public Path path() {
    return path;
  }

  /** Where readers of parts of this file add what they find. */
  public Problems problems() {
    return problems;
  }

  /** Whether the file has a section of this name. */
  public boolean has(String section) {
    return root != null && Values.find(root, section) != null;
  }

  /** A section as an object; empty if it is not there, null if there was a problem. */
  public @Nullable ConfigObject object(String section) {
    if (root == null) {
      return null;
    }
    sectionsRead.add(section);
    ConfigValue value = Values.find(root, section);
    if (value == null) {
      return Values.EMPTY.withOrigin(root.origin());
    }
    if (Unresolved.is(value)) {
      return null;
    }
    try {
      return ValueReader.object(value);
    } catch (BadValueException bad) {
      problems.add(value.origin(), section, String.valueOf(bad.getMessage()));
      return null;
    }
  }

  /** Reads a section as a record; keys that it leaves out have their {@link Defaults}. */
  public <R extends Record> Pending<R> section(String name, Class<R> type) {
    ConfigObject object = object(name);
    return Pending.of(object == null ? null : read(type, object, Defaults.of(name), name), name);
  }

  /**
   * Reads an object of this file as a record.
   *
   * @param defaults what holds for keys that it leaves out
   * @param at where the object stands
   * @return null if there were problems, which were added
   */
  public <R extends Record> @Nullable R read(
      Class<R> type, ConfigObject object, ConfigObject defaults, String at) {
    return new RecordReader(specs, problems).read(type, object, defaults, at);
  }

  /** The {@code --set} options that change single layers of the model at a path. */
  public List<LayerSet> layerSets(String model) {
    modelsRead.add(model);
    Predicate<LayerSet> here = set -> set.model().equals(model);
    return layerSets.stream().filter(here).toList();
  }

  /** The whole config, resolved, as text that can be parsed again. Layer options are not in it. */
  public String render() {
    ConfigObject object = root == null ? Values.EMPTY : root;
    return object.render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false));
  }

  /**
   * Ends the reading.
   *
   * @throws ConfigProblemsException if anything was wrong anywhere in the file
   */
  public void finish() {
    if (root != null) {
      Defaults.sections().stream()
          .filter(section -> !sectionsRead.contains(section))
          .forEach(section -> UnreadKeys.report(section, root, problems));
      layerSets.stream()
          .filter(set -> !modelsRead.contains(set.model()))
          .forEach(set -> set.problem(problems, "no model is built at '" + set.model() + "'"));
    }
    problems.throwIfAny();
  }

  private void reportUnknownSections(ConfigObject root) {
    for (String key : Values.keysInOrder(root)) {
      if (!Defaults.sections().contains(key)) {
        String message = "no section '" + key + "'" + NearMatch.hint(key, Defaults.sections());
        problems.add(Values.get(root, key).origin(), "", message);
      }
    }
  }
}
