package io.colubrid.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.runtime.config.ConfigFile;
import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.config.ConfigReader;
import io.colubrid.runtime.config.Pending;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.TestLayers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is done to a file, it is read or refused in order: no other exception, no empty message.
 */
class ModelGraphMutationTest {
  private static final int FILES = Integer.getInteger("mutations", 300);

  private static final String SOUND =
      """
      vars { width = 64, inner { hidden = 8 } }
      model {
        d-model = ${vars.width}
        norm { type = layer, epsilon = 1e-6 }
        blocks {
          m { mixer { type = mamba, d-state = 16, dt-rank = null } }
          a { mixer { type = attention, heads = 8, rotary.base = 500 }, channel = ${vars.inner} { type = swiglu } }
          b { mixer { type = both-ways, mixer { type = mamba } }, channel { type = moe, expert.hidden = 4 } }
        }
        layers = [ { repeat = 2, of = [ m, { block = a, mixer.heads = 4 } ] }, { channel = lists }, b ]
        head { type = lm-head, tied = false }
      }
      """;

  private static final List<String> PIECES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          "=",
          ",",
          "\n",
          ":",
          "+=",
          "null",
          "true",
          "-1",
          "1e400",
          "0.5",
          "\"",
          "\"\"",
          "${vars}",
          "${model}",
          "${?no}",
          "${vars.width}",
          "${model.blocks.m}",
          "type",
          "block",
          "repeat",
          "of",
          "mamba",
          "m",
          "a",
          "mixer",
          "channel",
          "include \"x\"",
          "// ",
          "# ",
          "\\u0000",
          "é",
          "\"\"\"",
          ".",
          "$",
          "99999999999",
          "{}",
          "[]",
          "layers",
          "model {",
          "type = swiglu");

  private static final List<String> SETS =
      List.of(
          "layers.1.mixer.heads=2",
          "layers.0.mixer=null",
          "layers.4.channel.expert={}",
          "model.layers=[m]",
          "model.norm=3",
          "layers.3=m",
          "model.blocks.m.mixer.type=attention",
          "a=${b}",
          "layers.2.x.y=1",
          "model.head=classifier-head",
          "layers.1.mixer.type=[1]",
          "model.layers.0.mixer.scale=NaN");

  private static final LayerRegistry REGISTRY = TestLayers.registry();

  @TempDir private Path folder;

  @Test
  void readsOrRefusesAnything() throws IOException {
    Random random = new Random(11);
    int refused = 0;
    for (int i = 0; i < FILES; i++) {
      String text = mutate(random);
      List<String> sets = sets(random);
      try {
        refused += read(text, sets) ? 0 : 1;
      } catch (RuntimeException | Error surprise) {
        throw new AssertionError("with " + sets + " on\n" + text, surprise);
      }
    }
    assertThat(refused).as("mutations that matter").isBetween(FILES / 2, FILES - 1);
  }

  private boolean read(String text, List<String> sets) throws IOException {
    Path path = Files.writeString(folder.resolve("mutated.conf"), text);
    ConfigFile file = new ConfigReader(new NodeReader(REGISTRY)).read(path, sets);
    Pending<ModelGraph> graph = new ModelGraphBuilder(REGISTRY).read(file);
    try {
      file.finish();
    } catch (ConfigProblemsException refused) {
      assertThat(refused.problems())
          .isNotEmpty()
          .allSatisfy(problem -> assertThat(problem.message()).isNotBlank());
      return false;
    }
    assertThat(graph.get().write()).isNotEmpty();
    assertThat(file.render()).isNotBlank();
    return true;
  }

  private static String mutate(Random random) {
    StringBuilder text = new StringBuilder(SOUND);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      int at = random.nextInt(text.length());
      int end = Math.min(text.length(), at + random.nextInt(8));
      switch (random.nextInt(4)) {
        case 0 -> text.delete(at, end);
        case 1 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
        case 2 -> text.replace(at, end, PIECES.get(random.nextInt(PIECES.size())));
        default -> text.insert(random.nextInt(text.length()), text.substring(at, end));
      }
    }
    return text.toString();
  }

  private static List<String> sets(Random random) {
    List<String> sets = new ArrayList<>();
    while (random.nextInt(3) == 0) {
      sets.add(SETS.get(random.nextInt(SETS.size())));
    }
    return sets;
  }
}
