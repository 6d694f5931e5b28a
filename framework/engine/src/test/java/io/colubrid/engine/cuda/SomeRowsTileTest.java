package io.colubrid.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.spi.op.CudaCall.Grid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What launches of products of some rows ask of a GPU. */
final class SomeRowsTileTest {
  private static final int MULTIPROCESSORS = 132;

  /** Shared memory of a multiprocessor, less what the driver keeps of each block. */
  private static final int SHARED_BYTES = (228 - 2) << 10;

  @Test
  void twoBlocksThatStayFitOnAMultiprocessor() {
    assertThat(2 * SomeRowsTile.C64.sharedBytes()).isLessThanOrEqualTo(SHARED_BYTES);
  }

  @ParameterizedTest
  @CsvSource({"64, 50288, 264, 1", "17, 10241, 161, 1", "65, 50288, 132, 2", "64, 16896, 264, 1"})
  void blocksStayAsManyAsThereIsRoomOrWorkFor(long m, long n, long wide, long high) {
    assertThat(SomeRowsTile.C64.grid(m, n, MULTIPROCESSORS)).isEqualTo(new Grid(wide, high, 1));
  }

  @Test
  void everyTileOfOthersHasACluster() {
    assertThat(SomeRowsTile.C48X4.grid(65, 97, MULTIPROCESSORS)).isEqualTo(new Grid(12, 2, 1));
  }
}
