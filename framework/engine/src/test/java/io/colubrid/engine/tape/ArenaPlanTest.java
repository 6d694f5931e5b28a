package io.colubrid.engine.tape;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ArenaPlanTest {
  private record Piece(long place, long bytes) {
    boolean overlaps(Piece other) {
      return place < other.place + other.bytes && other.place < place + bytes;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void livePiecesNeverOverlapAndLieInTheArena(long seed) {
    Random random = new Random(seed);
    ArenaPlan plan = new ArenaPlan();
    List<Piece> live = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      if (!live.isEmpty() && random.nextInt(100) < 48) {
        Piece dead = live.remove(random.nextInt(live.size()));
        plan.release(dead.place(), dead.bytes());
      } else {
        long bytes = random.nextInt(1, 5000);
        Piece piece = new Piece(plan.take(bytes), bytes);
        assertThat(live).noneMatch(piece::overlaps);
        live.add(piece);
        assertThat(piece.place() + bytes).isLessThanOrEqualTo(plan.size());
      }
    }
    assertThat(plan.size()).isGreaterThanOrEqualTo(plan.peakLiveBytes());
  }

  @Test
  void whatWasReleasedIsUsedAgain() {
    ArenaPlan plan = new ArenaPlan();
    for (int i = 0; i < 100; i++) {
      long a = plan.take(1000);
      long b = plan.take(2000);
      plan.release(a, 1000);
      plan.release(b, 2000);
    }
    assertThat(plan.size()).isEqualTo(plan.peakLiveBytes()).isEqualTo(1024 + 2048);
  }
}
