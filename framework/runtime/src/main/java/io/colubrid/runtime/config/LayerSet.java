package io.colubrid.runtime.config;

import com.typesafe.config.ConfigObject;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A {@code --set layers.5.mixer.d-state=32} option: it varies one layer of an expanded model, which
 * no path of HOCON can reach.
 *
 * @param option as the user wrote it
 * @param model where the model stands, such as {@code model} or {@code compare.models.jamba}
 * @param layer flat index of the layer
 * @param change what to lay over the block that stands there
 */
public record LayerSet(String option, String model, int layer, ConfigObject change) {

  /** The option as a change of a layer; null if it is about something else. */
  static @Nullable LayerSet of(SetOption set) {
    List<String> path = set.path();
    for (int i = 0; i + 2 < path.size(); i++) {
      OptionalInt index = index(path.get(i + 1));
      if (path.get(i).equals("layers") && index.isPresent()) {
        String model = i == 0 ? "model" : String.join(".", path.subList(0, i));
        ConfigObject change = set.at(path.subList(i + 2, path.size()));
        return new LayerSet(set.option(), model, index.getAsInt(), change);
      }
    }
    return null;
  }

  /** Adds a problem of this option. */
  public void problem(Problems problems, String message) {
    problems.add(SetOption.PREFIX + option, 0, "layers", message);
  }

  private static OptionalInt index(String text) {
    boolean digits =
        !text.isEmpty() && text.length() < 10 && text.chars().allMatch(Character::isDigit);
    return digits ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
  }
}
