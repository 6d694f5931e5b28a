package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.RunSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The text that is saved with a run gives the run again. */
final class RunTextTest {
  @TempDir private Path folder;

  @Test
  void isReadAsTheSameRun() throws IOException {
    try (Session session = Session.open(List.of())) {
      RunSpec spec =
          session
              .read(
                  SmallRun.HYBRID.write(folder, 7),
                  List.of("layers.1.mixer.expand=3", "train.learning-rate.peak=3e-4"))
              .withSeed(-9_007_199_254_740_993L);
      Path saved = Files.writeString(folder.resolve("saved.conf"), spec.text());

      RunSpec again = session.read(saved, List.of());

      assertThat(again.text()).isEqualTo(spec.text());
      assertThat(again.train())
          .usingRecursiveComparison()
          .ignoringFields("optimizer")
          .isEqualTo(spec.train());
      assertThat(again.data()).isEqualTo(spec.data());
      assertThat(again.graph().blocks()).hasSize(spec.graph().blocks().size());
    }
  }

  @Test
  void saysWhatDefaultsAndOptionsWereThen() throws IOException {
    try (Session session = Session.open(List.of())) {
      String text =
          session.read(SmallRun.HYBRID.write(folder, 7), List.of("layers.1.mixer.expand=3")).text();

      assertThat(text).contains("expand=3").contains("theta=").contains("weight-decay=");
    }
  }
}
