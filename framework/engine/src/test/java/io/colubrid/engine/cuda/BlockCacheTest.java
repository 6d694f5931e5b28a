package io.colubrid.engine.cuda;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of released memory of a GPU, which a count of bytes stands for here. */
final class BlockCacheTest {
  private static final long MEGABYTE = 1 << 20;

  /** Bytes by address; what is given back must have been taken. */
  private static final class Counted implements BlockCache.Source {
    private final Map<Long, Long> out = new HashMap<>();
    private long next = 1;
    private final long all;

    Counted(long all) {
      this.all = all;
    }

    long bytes() {
      return out.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public long take(long bytes) {
      if (bytes() + bytes > all) {
        return 0;
      }
      out.put(next, bytes);
      return next++;
    }

    @Override
    public void giveBack(long address) {
      assertThat(out.remove(address)).isNotNull();
    }
  }

  private final Counted source = new Counted(100 * MEGABYTE);
  private final BlockCache cache = new BlockCache(source, 50 * MEGABYTE);

  @AfterEach
  void nothingIsLeft() {
    cache.close();
    assertThat(source.bytes()).isZero();
  }

  private BlockCache.Piece taken(long bytes) {
    BlockCache.Piece piece = requireNonNull(cache.take(bytes));
    assertThat(piece.bytes()).isGreaterThanOrEqualTo(bytes);
    return piece;
  }

  @Test
  void whatWasReleasedServesAgain() {
    for (long bytes : new long[] {0, 1, 513, 3 * MEGABYTE + 1, 40 * MEGABYTE}) {
      BlockCache.Piece first = taken(bytes);
      for (int i = 0; i < 3; i++) {
        cache.release(first);
        assertThat(taken(bytes)).isEqualTo(first);
      }
      source.giveBack(first.address());
    }
  }

  @Test
  void noPieceIsOutTwice() {
    cache.release(taken(1000));
    BlockCache.Piece one = taken(1000);
    BlockCache.Piece other = taken(1000);
    assertThat(one.address()).isNotEqualTo(other.address());
    cache.release(one);
    cache.release(other);
  }

  @Test
  void aPieceServesWhatNeedsMostOfIt() {
    BlockCache.Piece large = taken(40 * MEGABYTE);
    cache.release(large);
    BlockCache.Piece small = taken(30 * MEGABYTE);
    assertThat(small).isNotEqualTo(large);
    assertThat(taken(36 * MEGABYTE)).isEqualTo(large);
    cache.release(small);
    cache.release(large);
  }

  /** So that what is written behind the end of a small one can be found. */
  @Test
  void smallPiecesServeWhatNeedsAllOfThem() {
    BlockCache.Piece first = taken(1004);
    cache.release(first);
    BlockCache.Piece smaller = taken(1000);
    assertThat(smaller.bytes()).isEqualTo(1000);
    assertThat(taken(1004)).isEqualTo(first);
    cache.release(first);
    cache.release(smaller);
  }

  @Test
  void whereMemoryIsShortWhatIsKeptGoesBack() {
    cache.release(taken(40 * MEGABYTE));
    BlockCache.Piece large = taken(90 * MEGABYTE);
    assertThat(source.bytes()).isEqualTo(90 * MEGABYTE);
    assertThat(cache.take(20 * MEGABYTE)).isNull();
    cache.release(large);
  }

  @Test
  void noMoreIsKeptThanIsAllowedAndTheOldestGoesFirst() {
    cache.release(taken(60 * MEGABYTE));
    assertThat(source.bytes()).isZero();
    BlockCache.Piece one = taken(30 * MEGABYTE);
    BlockCache.Piece other = taken(24 * MEGABYTE);
    cache.release(one);
    cache.release(other);
    assertThat(source.bytes()).isEqualTo(24 * MEGABYTE);
    assertThat(taken(24 * MEGABYTE)).isEqualTo(other);
    cache.release(other);
  }
}
