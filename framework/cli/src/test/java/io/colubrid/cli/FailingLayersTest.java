package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.runtime.training.RunSpecReader;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerFactory;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;
import io.colubrid.spi.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A layer that cannot be recorded is told by its line when the file is read. */
final class FailingLayersTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "badly-shaped, needs a tensor of four axes",
    "shorter, 'returns [2, 1, 16] for a stream [2, 64, 16]; a residual branch must keep its shape'",
    "surprised, java.lang.NullPointerException: nobody told me",
  })
  void namesTheLine(String type, String reason) throws IOException {
    assertThatThrownBy(() -> read("{ type = " + type + " }"))
        .isInstanceOf(ConfigProblemsException.class)
        .hasMessageContaining("my.conf: 4: model.blocks.x.mixer: " + reason);
  }

  @ParameterizedTest
  @CsvSource({"badly-shaped, needs a tensor of four axes"})
  void namesTheLineOfAnInnerLayer(String type, String reason) throws IOException {
    String mixer = "{ type = parallel, branches = [ mlp\n { type = residual-scale\n of = %s } ] }";

    assertThatThrownBy(() -> read(mixer.formatted(type)))
        .isInstanceOf(ConfigProblemsException.class)
        .hasMessageContaining("my.conf: 6: model.blocks.x.mixer.branches[1].of: " + reason);
  }

  private void read(String mixer) throws IOException {
    String text =
        """
        model {
          d-model = 16
          blocks {
            x { mixer %s }
          }
          layers = [ { repeat = 3, of = [ x ] } ]
        }
        train { batch = 2, length = 64 }
        """
            .formatted(mixer);
    Path file = Files.writeString(folder.resolve("my.conf"), text);
    new RunSpecReader(PluginLoader.with(new FailingPlugin())).read(file, List.of());
  }

  /** Brings the layers that fail. */
  @BuiltFor(Spi.VERSION)
  public static final class FailingPlugin extends LayerPlugin {
    @Override
    protected void configure() {
      layer("badly-shaped").config(NoKeys.class).factory(BadlyShaped.class);
      layer("shorter").config(NoKeys.class).factory(Shorter.class);
      layer("surprised").config(NoKeys.class).factory(Surprised.class);
    }
  }

  /** No keys. */
  public record NoKeys() {}

  static final class BadlyShaped implements LayerFactory<NoKeys> {
    @Override
    public Layer create(NoKeys config, BuildContext context) {
      return (x, pass) -> {
        throw new ShapeException("needs a tensor of four axes");
      };
    }
  }

  static final class Shorter implements LayerFactory<NoKeys> {
    @Override
    public Layer create(NoKeys config, BuildContext context) {
      return Shorter::first;
    }

    private static Tensor first(Tensor x, Pass pass) {
      return pass.ops().slice(x, 1, 0, 1);
    }
  }

  static final class Surprised implements LayerFactory<NoKeys> {
    @Override
    public Layer create(NoKeys config, BuildContext context) {
      return (x, pass) -> {
        throw new NullPointerException("nobody told me");
      };
    }
  }
}
