package io.colubrid.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Runs that take a second, on text that is made up. */
enum SmallRun {
  MAMBA("[ m, m ]"),
  MAMBA2("[ s, s ]"),
  ATTENTION("[ a, a ]"),
  HYBRID("[ a, m, a, m ]"),
  EXPERTS("[ m, e, m, e ]");

  private static final String[] WORDS = {"the", "snake", "sleeps", "under", "a", "warm", "stone"};
  private static final int DOCUMENTS = 300;

  private final String layers;

  SmallRun(String layers) {
    this.layers = layers;
  }

  /** Writes the text and a config of so many steps that trains on it; returns the config. */
  Path write(Path folder, int steps) throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, text());
    String config =
        """
        model {
          d-model = 16
          blocks {
            m { mixer { type = mamba, d-state = 4 } }
            s { mixer { type = mamba2, d-state = 4, head-dim = 8 } }
            a { mixer { type = attention, heads = 2 }, channel { type = swiglu, width = 32 } }
            e {
              mixer { type = attention, heads = 2 }
              channel { type = moe, experts = 4, z-loss = 0.1, expert { type = mlp, expand = 1 } }
            }
          }
          layers = %s
        }
        data { source = path, path = "%s", documents = line, held-out-bytes = 2048 }
        train {
          steps = %d, batch = 4, length = 32, log-every = 1
          learning-rate { peak = 1e-2, warmup = 5 }
        }
        """
            .formatted(layers, text, steps);
    return Files.writeString(folder.resolve("run.conf"), config);
  }

  private static String text() {
    Random random = new Random(1);
    StringBuilder text = new StringBuilder();
    for (int document = 0; document < DOCUMENTS; document++) {
      int words = 3 + random.nextInt(20);
      for (int word = 0; word < words; word++) {
        text.append(WORDS[random.nextInt(WORDS.length)]).append(word == words - 1 ? "\n" : " ");
      }
    }
    return text.toString();
  }
}
