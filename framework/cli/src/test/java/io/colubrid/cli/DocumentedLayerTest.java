package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layer that docs/writing-a-layer.md writes compiles, conforms and works in its model. */
final class DocumentedLayerTest {
  private static final Path PAGE = Path.of("../../docs/writing-a-layer.md");
  private static final Pattern BLOCK = Pattern.compile("```\\w*\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern TYPE = Pattern.compile("\\b(?:record|class) (\\w+)");
  private static final String SERVICE = "META-INF/services/io.colubrid.spi.plugin.LayerPlugin";

  @TempDir private Path folder;

  @Test
  void isAsThePageSays() throws IOException {
    Path sources = Files.createDirectory(folder.resolve("sources"));
    Path classes = Files.createDirectory(folder.resolve("classes"));
    Path model = folder.resolve("shift.conf");
    Matcher block = BLOCK.matcher(Files.readString(PAGE));
    while (block.find()) {
      String text = block.group(1);
      if (text.startsWith("package example.shift;")) {
        Matcher type = TYPE.matcher(text.replaceAll("(?s)/\\*\\*.*?\\*/", ""));
        assertThat(type.find()).isTrue();
        Files.writeString(sources.resolve(type.group(1) + ".java"), text);
      } else if (text.startsWith("layers {")) {
        Files.writeString(classes.resolve("reference.conf"), text);
      } else if (text.equals("example.shift.ShiftPlugin\n")) {
        Path service = classes.resolve(SERVICE);
        Files.createDirectories(service.getParent());
        Files.writeString(service, text);
      } else if (text.startsWith("model {")) {
        Files.writeString(model, text);
      }
    }
    List<Path> java = PluginPacking.files(sources);
    assertThat(java).hasSize(8);
    PluginPacking.compile(java, classes);
    Path jar = PluginPacking.pack(List.of(classes), folder.resolve("shift.jar"));

    Told check = Told.by("plugins", "check", jar, "--set", "bias=true");
    assertThat(check.out()).endsWith("16 checked: 14 passed, 0 failed, 2 declared unsupported\n");
    assertThat(Told.by("plan", model, "--plugins", jar).out()).contains("4 × shift");
  }
}
