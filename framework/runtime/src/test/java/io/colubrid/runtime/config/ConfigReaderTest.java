package io.colubrid.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {
  @TempDir private Path folder;

  @Test
  void includesRelativeToTheIncludingFile() throws IOException {
    write("parts/deep/values.conf", "width = 32");
    write("parts/vars.conf", "include \"deep/values\"\nheight = 7");
    ConfigFile file =
        read("vars { include file(\"parts/vars.conf\") }\nmodel.d-model = ${vars.width}");
    assertThat(file.object("vars").toConfig().getInt("height")).isEqualTo(7);
    assertThat(file.object("model").toConfig().getInt("d-model")).isEqualTo(32);
    file.finish();
  }

  @Test
  void includesAFileTwiceWithoutCallingItACircle() throws IOException {
    write("v.conf", "a = 1");
    ConfigFile file = read("vars { x { include \"v\" }, y { include \"v\" } }");
    assertThat(file.object("vars").toConfig().getInt("y.a")).isEqualTo(1);
    file.finish();
  }

  @Test
  void tellsTheLineOfEachOfTwoBadIncludes() throws IOException {
    ConfigFile file = read("vars { include \"gone\" }\n\nmodel { include \"gone\" }");
    assertThat(messages(file))
        .containsExactly("1: include \"gone\": no such file", "3: include \"gone\": no such file");
  }

  @Test
  void namesTheFileWhereAnIncludedValueIsWrong() throws IOException {
    write("part.conf", "\nmodel = 3");
    ConfigFile file = read("include \"part\"");
    file.object("model");
    assertThatThrownBy(file::finish)
        .hasMessage(folder.resolve("part.conf") + ": 2: model: expected an object, found 3");
  }

  @Test
  void optionsOverrideTheFileAndEachOther() throws IOException {
    String text = "vars { a = 1, b = ${vars.a}, o { x = 1, y = 2 }, s = old }";
    ConfigFile file =
        read(
            text,
            "vars.a=2",
            "vars.a = 3",
            "vars.o={ x = 5 }",
            "vars.s=Hello, world",
            "vars.\"q.r\"=[1, 2]");
    ConfigObject vars = file.object("vars");
    assertThat(vars.toConfig().getInt("b")).as("a substitution follows").isEqualTo(3);
    assertThat(vars.toConfig().getInt("o.x")).isEqualTo(5);
    assertThat(vars.toConfig().getInt("o.y")).as("objects merge").isEqualTo(2);
    assertThat(vars.get("s").unwrapped()).as("no HOCON, so text").isEqualTo("Hello, world");
    assertThat(vars.get("q.r").unwrapped()).isEqualTo(List.of(1, 2));
    file.finish();
  }

  @Test
  void finishToldOnceGathersAllSections() throws IOException {
    record Wrong(int a) {}
    ConfigFile file =
        read("vars { b = 1 }\nmodell {}\nmodel { d-model = 1, layer = 3, norm { epsilon = 1 } }");
    Pending<Wrong> pending = file.section("vars", Wrong.class);
    assertThat(messages(file))
        .containsExactly(
            "1: vars: no key 'b'; there is only a",
            "1: vars.a: is missing; expected an integer",
            "2: no section 'modell'; did you mean 'model'?",
            "3: model: no key 'layer'; did you mean 'layers'?");
    assertThatThrownBy(pending::get).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void refusesAnOptionForALayerOfAModelThatNobodyBuilds() throws IOException {
    ConfigFile file = read("vars { b = 1 }", "compare.models.x.layers.3.mixer.d-state=1");
    assertThat(messages(file)).containsExactly("layers: no model is built at 'compare.models.x'");
  }

  @Test
  void surrendersToNestingInOrder() throws IOException {
    assertThat(messages(read("vars.a = " + "[".repeat(300_000))))
        .containsExactly("nested too deeply");
    assertThat(messages(read("vars.a = " + "{a:".repeat(300) + "1" + "}".repeat(300))))
        .containsExactly("1: nested deeper than 200 levels");
    assertThat(messages(read("vars." + "a.".repeat(5_000) + "a = 1")))
        .singleElement()
        .asString()
        .contains("nested");
  }

  @Test
  void surrendersToSubstitutionsThatMultiply() throws IOException {
    StringBuilder text = new StringBuilder("vars { a0 = {x = 1, y = 2}\n");
    for (int i = 1; i < 40; i++) {
      text.append("a%d { x = ${vars.a%d}, y = ${vars.a%d} }%n".formatted(i, i - 1, i - 1));
    }
    assertThat(messages(read(text + "}"))).containsExactly("1: more than 1000000 values");
  }

  @Test
  void rendersWhatItRead() throws IOException {
    ConfigFile file = read("vars { a = 1, b = ${vars.a} }", "vars.a=2");
    write("again.conf", file.render());
    ConfigFile again =
        new ConfigReader(SpecReader.NONE).read(folder.resolve("again.conf"), List.of());
    assertThat(again.object("vars")).isEqualTo(file.object("vars"));
  }

  private ConfigFile read(String text, String... sets) throws IOException {
    return new ConfigReader(SpecReader.NONE).read(write("main.conf", text), List.of(sets));
  }

  private Path write(String name, String text) throws IOException {
    Path path = folder.resolve(name);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, text);
  }

  private List<String> messages(ConfigFile file) {
    try {
      file.finish();
      return List.of();
    } catch (ConfigProblemsException thrown) {
      return thrown.problems().stream()
          .map(p -> new Problem(null, p.line(), p.path(), p.message()).toString())
          .toList();
    }
  }
}
