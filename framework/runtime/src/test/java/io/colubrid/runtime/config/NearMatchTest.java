package io.colubrid.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearMatchTest {
  private static final List<String> KEYS =
      List.of("d-state", "d-conv", "expand", "dt-rank", "heads");

  @ParameterizedTest
  @CsvSource({
    "d-stat, d-state",
    "dState, d-state",
    "d_state, d-state",
    "D-STATE, d-state",
    "d-staet, d-state",
    "epxand, expand",
    "head, heads",
    "dtrank, dt-rank"
  })
  void findsWhatWasMeant(String typed, String meant) {
    assertThat(NearMatch.find(typed, KEYS)).contains(meant);
  }

  @ParameterizedTest
  @CsvSource({"colour", "x", "kv-heads-a-head", "''"})
  void doesNotGuessWhereNothingIsNear(String typed) {
    assertThat(NearMatch.find(typed, KEYS)).isEmpty();
  }

  @Test
  void prefersTheNameOfTheSameLength() {
    assertThat(NearMatch.find("mF", List.of("m", "a", "mE", "xF"))).contains("mE");
  }

  @Test
  void distanceCountsASwapAsOneEdit() {
    assertThat(NearMatch.distance("abcd", "abdc")).isEqualTo(1);
    assertThat(NearMatch.distance("abcd", "badc")).isEqualTo(2);
    assertThat(NearMatch.distance("", "abc")).isEqualTo(3);
    assertThat(NearMatch.distance("kitten", "sitting")).isEqualTo(3);
  }
}
