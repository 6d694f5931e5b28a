package io.colubrid.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.spi.tensor.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConvGridTest {
  /** Kernels read several rows ahead as their own slice's, and a grid has no more blocks. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 37, 5",
    "8, 4096, 2048",
    "1, 1048576, 1536",
    "1, 40000003, 1",
    "1, 300000007, 64",
    "2, 9000000000, 8"
  })
  void slicesAreWholeAndFitTheGrid(long batch, long length, long channels) {
    for (boolean backward : new boolean[] {false, true}) {
      ConvGrid grid = new ConvGrid(DType.BF16, batch, length, channels, 4, backward);

      assertThat(grid.slice()).isPositive().matches(steps -> steps % 8 == 0, "a multiple of 8");
      assertThat(grid.blocks()).isBetween(1L, 65535L);
      assertThat(grid.blocks() * grid.slice() * 4).isGreaterThanOrEqualTo(length);
    }
  }
}
