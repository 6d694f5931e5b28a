package io.colubrid.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Runs of a second on every kind of data. */
enum DataKind {
  IMAGES("held-out-accuracy", "heldOutAccuracy", "images") {
    @Override
    String config(Path folder) {
      return """
          model {
            d-model = 12
            stem { type = patch-embedding, image { height = 12, width = 12, channels = 1 }, patch = 4, class-token = none }
            head { type = classifier-head, classes = 3 }
            layers = [ { mixer { type = vim, d-state = 4 } } ]
            dropout = 0.1
          }
          data {
            source = shapes, height = 12, width = 12, classes = 3, count = 50, test-count = 21
            augment { flip = true, crop = 1 }
          }
          """;
    }
  },
  SERIES("held-out-mean-squared-error", "heldOutMeanSquaredError", "rows") {
    @Override
    String config(Path folder) throws IOException {
      StringBuilder rows = new StringBuilder("time,high,low\n");
      for (int i = 0; i < 120; i++) {
        rows.append("%d,%.3f,%d\n".formatted(i, Math.sin(i / 3.0), i % 5));
      }
      Files.writeString(folder.resolve("series.csv"), rows);
      return """
          model {
            d-model = 8
            stem { type = linear, features = 2 }
            head { type = linear, features = 1 }
            layers = [ { mixer { type = mamba, d-state = 4 } } ]
            dropout = 0.1
          }
          data { source = csv, path = "series.csv", columns = [ high, low ], targets = [ high ] }
          """;
    }
  },
  DNA("held-out-bits-per-base", "heldOutBitsPerBase", "tokens") {
    @Override
    String config(Path folder) throws IOException {
      StringBuilder bases = new StringBuilder(">made up\n");
      Random random = new Random(1);
      for (int i = 0; i < 3000; i++) {
        bases.append("ACGT".charAt(random.nextInt(4))).append(i % 60 == 59 ? "\n" : "");
      }
      Files.writeString(folder.resolve("genome.fna"), bases);
      return """
          model {
            d-model = 8
            stem { type = embedding, vocabulary = 6 }
            head { type = lm-head, vocabulary = 6 }
            layers = [ { mixer { type = mamba, d-state = 4 } } ]
            dropout = 0.1
          }
          data { source = fasta, path = "genome.fna", document-length = 100, held-out = 0.2 }
          """;
    }
  };

  private final String metric;
  private final String resultKey;
  private final String unit;

  DataKind(String metric, String resultKey, String unit) {
    this.metric = metric;
    this.resultKey = resultKey;
    this.unit = unit;
  }

  /** The key of its score in the metrics. */
  String metric() {
    return metric;
  }

  /** The key of its score in the results of a comparison. */
  String resultKey() {
    return resultKey;
  }

  /** What is counted in the metrics. */
  String unit() {
    return unit;
  }

  abstract String config(Path folder) throws IOException;

  /** Writes data and a config of so many steps; paths in it are within the folder. */
  Path write(Path folder, int steps) throws IOException {
    String train =
        """
        train {
          steps = %d, batch = 4, length = 16, log-every = 1, checkpoint-every = 5
          learning-rate { peak = 1e-2, warmup = 2 }
        }
        """
            .formatted(steps);
    String config = config(folder).replace("path = \"", "path = \"" + folder + "/");
    return Files.writeString(folder.resolve("run.conf"), config + train);
  }
}
