package io.colubrid.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberTextTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "7, 7",
    "999, 999",
    "999.6, 1.00 k",
    "1000, 1.00 k",
    "2469000, 2.47 M",
    "9994999, 9.99 M",
    "9995001, 10.0 M",
    "99960000, 100 M",
    "999600000, 1.00 G",
    "NaN, –"
  })
  void decimalPrefixesShowThreeDigits(double value, String expected) {
    assertThat(NumberText.decimal(value).replace('\u00A0', ' ')).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"0, 0 B", "1023, 1023 B", "1024, 1.00 KiB", "147456, 144 KiB", "1048576, 1.00 MiB"})
  void binaryPrefixesCountBytes(double value, String expected) {
    assertThat(NumberText.bytes(value).replace('\u00A0', ' ')).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"'8,190', 8190.4", "'100', 100", "99.5, 99.46", "0.12, 0.123", "–, Infinity"})
  void ratesKeepWhatCanBeKnown(String expected, double value) {
    assertThat(NumberText.rate(value)).isEqualTo(expected);
  }

  @Test
  void groupingIsTheSameInEveryCountry() {
    assertThat(NumberText.grouped(1_234_567)).isEqualTo("1,234,567");
  }
}
