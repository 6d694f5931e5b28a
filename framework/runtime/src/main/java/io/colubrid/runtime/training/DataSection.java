package io.colubrid.runtime.training;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.ConfigFile;
import io.colubrid.runtime.config.Defaults;
import io.colubrid.runtime.config.NearMatch;
import io.colubrid.runtime.config.Pending;
import io.colubrid.runtime.config.RecordKey;
import io.colubrid.runtime.config.Values;
import io.colubrid.runtime.data.DataConfig;
import io.colubrid.runtime.data.DataSource;
import io.colubrid.runtime.data.TextConfig;
import io.colubrid.runtime.data.dna.FastaConfig;
import io.colubrid.runtime.data.image.IdxConfig;
import io.colubrid.runtime.data.image.ImageFolderConfig;
import io.colubrid.runtime.data.image.ShapesConfig;
import io.colubrid.runtime.data.series.CsvConfig;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the {@code data} section, whose {@code source} decides which keys it has. */
public final class DataSection {
  private static final String NAME = "data";
  private static final String SOURCE = "source";
  private static final Map<DataSource, Class<? extends Record>> KINDS = kinds();

  private DataSection() {}

  private static Map<DataSource, Class<? extends Record>> kinds() {
    Map<DataSource, Class<? extends Record>> kinds = new EnumMap<>(DataSource.class);
    kinds.put(DataSource.EUROPARL, TextConfig.class);
    kinds.put(DataSource.PATH, TextConfig.class);
    kinds.put(DataSource.FASTA, FastaConfig.class);
    kinds.put(DataSource.IDX, IdxConfig.class);
    kinds.put(DataSource.IMAGE_FOLDER, ImageFolderConfig.class);
    kinds.put(DataSource.SHAPES, ShapesConfig.class);
    kinds.put(DataSource.CSV, CsvConfig.class);
    return kinds;
  }

  /** Each kind of data with the record of its keys. */
  public static Map<DataSource, Class<? extends Record>> records() {
    return Map.copyOf(KINDS);
  }

  /** Reads the section, with what its keys mean together checked. */
  public static Pending<DataConfig> read(ConfigFile file) {
    ConfigObject section = file.object(NAME);
    DataSource source = section == null ? null : source(file, section);
    if (section == null || source == null) {
      return Pending.of(null, NAME);
    }
    ConfigObject own = withoutKeysOfOthers(file, section, source);
    Record record = file.read(kind(source), own, Defaults.data(name(source)), NAME);
    if (!(record instanceof DataConfig config)) {
      return Pending.of(null, NAME);
    }
    config.problems().forEach((key, message) -> add(file, section, key, message));
    return Pending.of(config, NAME);
  }

  private static Class<? extends Record> kind(DataSource source) {
    Class<? extends Record> kind = KINDS.get(source);
    if (kind == null) {
      throw new IllegalStateException("nothing reads data.source = " + name(source));
    }
    return kind;
  }

  private static @Nullable DataSource source(ConfigFile file, ConfigObject section) {
    ConfigValue given = Values.find(section, SOURCE);
    if (given == null) {
      return DataSource.EUROPARL;
    }
    if (Values.isReported(given)) {
      return null;
    }
    String text = Values.text(given);
    for (DataSource source : KINDS.keySet()) {
      if (name(source).equals(text)) {
        return source;
      }
    }
    List<String> names = KINDS.keySet().stream().map(DataSection::name).toList();
    String message = "no source '" + text + "'" + NearMatch.hint(text, names);
    file.problems().add(given.origin(), NAME + "." + SOURCE, message);
    return null;
  }

  private static String name(DataSource source) {
    return RecordKey.constant(source);
  }

  /** A key that another kind of data has is told as such; what is left is read. */
  private static ConfigObject withoutKeysOfOthers(
      ConfigFile file, ConfigObject section, DataSource source) {
    List<String> own = keys(source);
    ConfigObject rest = section;
    for (Map.Entry<String, ConfigValue> entry : section.entrySet()) {
      String key = entry.getKey();
      List<String> others =
          Arrays.stream(DataSource.values())
              .filter(other -> KINDS.containsKey(other) && keys(other).contains(key))
              .map(DataSection::name)
              .toList();
      if (!own.contains(key) && !others.isEmpty()) {
        rest = rest.withoutKey(key);
        String message =
            "source = %s has no key '%s'; it is one of source = %s%s"
                .formatted(name(source), key, String.join(", ", others), NearMatch.meant(key, own));
        file.problems().add(entry.getValue().origin(), NAME, message);
      }
    }
    return rest;
  }

  private static List<String> keys(DataSource source) {
    return RecordKey.of(kind(source)).stream().map(RecordKey::name).toList();
  }

  private static void add(ConfigFile file, ConfigObject section, String key, String message) {
    ConfigValue value = section.get(key);
    ConfigOrigin origin = (value == null ? section : value).origin();
    file.problems().add(origin, NAME + "." + key, message);
  }
}
