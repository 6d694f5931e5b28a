package io.colubrid.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import io.colubrid.runtime.model.NodeReader;
import io.colubrid.runtime.plugin.TestLayers;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.LayerSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordReaderTest {
  private final Problems problems = new Problems();

  /** Ways to be absent. */
  enum Way {
    LEFT_OUT,
    NULL
  }

  record Inner(int a, String b) {}

  record Everything(
      int small,
      long large,
      double real,
      boolean yes,
      String text,
      Way way,
      Inner inner,
      List<Inner> inners,
      Map<String, Way> ways,
      Optional<Inner> maybe,
      OptionalInt maybeSmall,
      OptionalLong maybeLarge,
      OptionalDouble maybeReal,
      @Nullable String maybeText,
      LayerSpec layer,
      List<LayerSpec> layers) {}

  private static final String FULL =
      """
      small = 1e3, large = -9223372036854775808, real = 1, yes = true, text = 007, way = left-out
      inner { a = 2, b = x }, inners = [{ a = 3, b = y }, { a = 4, b = z }]
      ways { "a.b" = null-, c = left-out }, maybe { a = 5, b = w }
      maybe-small = 6, maybe-large = 7, maybe-real = 8.5, maybe-text = "ü"
      layer = mamba, layers = [mamba, { type = attention, heads = 2 }]
      """
          .replace("null-", "\"null\"");

  @Test
  void readsEveryKindOfComponent() {
    Everything read = read(Everything.class, FULL, "");
    assertThat(problems.list()).isEmpty();
    assertThat(read.small()).isEqualTo(1000);
    assertThat(read.large()).isEqualTo(Long.MIN_VALUE);
    assertThat(read.text()).isEqualTo("007");
    assertThat(read.inners()).containsExactly(new Inner(3, "y"), new Inner(4, "z"));
    assertThat(read.ways()).containsEntry("a.b", Way.NULL).containsEntry("c", Way.LEFT_OUT);
    assertThat(read.maybe()).contains(new Inner(5, "w"));
    assertThat(read.maybeReal()).hasValue(8.5);
    assertThat(read.layers()).extracting(LayerSpec::type).containsExactly("mamba", "attention");
  }

  @Test
  void readsBackWhatWasWritten() {
    Everything read = read(Everything.class, FULL, "");
    ConfigObject written = RecordWriter.write(read);
    Everything again = read(Everything.class, written.render(), "");
    assertThat(problems.list()).isEmpty();
    assertThat(RecordWriter.write(again)).isEqualTo(written);
    assertThat(again.inners()).isEqualTo(read.inners());
  }

  record Absent(
      Optional<Inner> maybe, OptionalInt number, @Nullable String text, @Nullable Inner inner) {}

  @Test
  void leavesAbsentWhatMayBeAbsent() {
    Absent absent = new Absent(Optional.empty(), OptionalInt.empty(), null, null);
    assertThat(read(Absent.class, "", "")).isEqualTo(absent);
    assertThat(read(Absent.class, "number = null, text = null", "number = 3, text = x"))
        .as("null takes a default away")
        .isEqualTo(absent);
  }

  record Nested(Inner inner, List<Integer> list) {}

  @Test
  void fillsInnerObjectsFromDefaultsAndReplacesLists() {
    Nested read =
        read(Nested.class, "inner.a = 7, list = [3]", "inner { a = 1, b = c }, list = [1, 2]");
    assertThat(read).isEqualTo(new Nested(new Inner(7, "c"), List.of(3)));
  }

  @Test
  void takesTextFromTheEnvironmentAsANumber() {
    assertThat(read(Inner.class, "a = \"12\", b = 3.50", "")).isEqualTo(new Inner(12, "3.50"));
  }

  record Picky(int heads) {
    Picky {
      if (heads % 2 == 1) {
        throw new InvalidLayerException("heads", "must be even, found " + heads);
      }
    }
  }

  record Faulty(int a) {
    Faulty {
      throw new IllegalStateException("oops");
    }
  }

  @Test
  void tellsWhatAConstructorRefuses() {
    read(Picky.class, "\n\nheads = 3", "");
    read(Faulty.class, "a = 3", "");
    assertThat(problems.list())
        .extracting(Problem::toString)
        .containsExactly(
            "String: 3: at.heads: must be even, found 3",
            "String: 1: at: refused with java.lang.IllegalStateException: oops");
  }

  record Small(int i, long l, double d, boolean b) {}

  @Test
  void refusesWhatANumberCannotHold() {
    read(Small.class, "i = 2147483648, l = 1.25, d = \"NaN\", b = yes", "");
    read(Small.class, "i = -2147483649, l = 1e400, d = -1e400, b = 1", "");
    read(Small.class, "i = 0x10, l = 1_000, d = 1f, b = True", "");
    assertThat(problems.list())
        .extracting(Problem::message)
        .containsExactly(
            "the number 2147483648 is too large; the most is 2147483647",
            "expected an integer, found 1.25",
            "expected a number, found 'NaN'",
            "expected true or false, found 'yes'",
            "the number -2147483649 is too small; the least is -2147483648",
            "the number 1e400 is too large; the most is 9223372036854775807",
            "the number -1e400 is too small",
            "expected true or false, found 1",
            "expected an integer, found '0x10'",
            "expected an integer, found '1_000'",
            "expected a number, found '1f'",
            "expected true or false, found 'True'");
  }

  private <R extends Record> @Nullable R read(Class<R> type, String given, String defaults) {
    return new RecordReader(new NodeReader(TestLayers.registry()), problems)
        .read(type, object(given), object(defaults), "at");
  }

  private static ConfigObject object(String text) {
    return ConfigFactory.parseString(text).root();
  }
}
