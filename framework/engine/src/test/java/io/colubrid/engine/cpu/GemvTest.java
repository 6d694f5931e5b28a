package io.colubrid.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GemvTest {

  private static final int[][] SHAPES = {
    {1, 1, 1}, {1, 300, 70}, {3, 33, 257}, {8, 50, 128}, {2, 5, 0}
  };

  @Test
  void halfMatricesGiveWhatWideOnesDo() {
    var random = new Random(5);
    try (var pool = new WorkerPool(3)) {
      for (Arithmetic type : List.of(Arithmetic.f32(), new FloatArithmetic(), Arithmetic.f64())) {
        for (int[] shape : SHAPES) {
          for (double beta : new double[] {0, 1}) {
            check(pool, type, shape[0], shape[1], shape[2], beta, random);
          }
        }
      }
    }
  }

  private static void check(
      WorkerPool pool, Arithmetic type, int m, int n, int k, double beta, Random random) {
    Data x = Data.random(type, (long) m * (k + 2), random);
    Data w = Data.random(type, (long) n * (k + 1), random);
    Data y =
        beta == 0 ? Data.poisoned(type, (long) m * n) : Data.random(type, (long) m * n, random);
    MemorySegment halves = Arena.global().allocate(2 * w.count(), 64);
    type.toBf16(w.segment().address(), halves.address(), w.count());
    type.fromBf16(halves.address(), w.segment().address(), w.count());
    Data wide = y.copy();
    Gemv.run(
        pool,
        type,
        m,
        n,
        k,
        1,
        x.segment().address(),
        k + 2,
        w.segment().address(),
        k + 1,
        beta,
        wide.segment().address(),
        n);
    Gemv.runBf16(
        pool,
        type,
        m,
        n,
        k,
        x.segment().address(),
        k + 2,
        halves.address(),
        k + 1,
        beta,
        y.segment().address(),
        n);
    for (int i = 0; i < y.count(); i++) {
      assertThat(y.get(i)).isCloseTo(wide.get(i), within(2e-5));
    }
  }
}
