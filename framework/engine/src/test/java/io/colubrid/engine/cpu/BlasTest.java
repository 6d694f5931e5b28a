package io.colubrid.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BlasTest {

  private static final WorkerPool POOL = new WorkerPool(3);
  private static final List<Arithmetic> TYPES =
      List.of(Arithmetic.f32(), new FloatArithmetic(), Arithmetic.f64());

  @AfterAll
  static void close() {
    POOL.close();
  }

  static List<Arguments> implementations() {
    var cases = new ArrayList<Arguments>();
    for (Blas blas : List.of(new OpenBlas(POOL), new JavaGemm(POOL))) {
      for (Arithmetic type : TYPES) {
        cases.add(Arguments.of(blas.name() + ", " + type.name(), blas, type));
      }
    }
    return cases;
  }

  private record Shape(
      int batch, int m, int n, int k, boolean transposeA, boolean transposeB, int padding) {

    int lda() {
      return (transposeA ? m : k) + padding;
    }

    int ldb() {
      return (transposeB ? k : n) + padding;
    }

    int ldc() {
      return n + padding;
    }

    long strideA() {
      return (long) lda() * (transposeA ? k : m) + padding;
    }

    long strideB() {
      return (long) ldb() * (transposeB ? n : k) + padding;
    }

    long strideC() {
      return (long) ldc() * m + padding;
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("implementations")
  void agreesWithTheTripleLoop(String name, Blas blas, Arithmetic type) {
    var random = new Random(7);
    int[] sizes = {1, 2, 3, 5, 8, 9, 16, 17, 31, 48, 65, 97, 130};
    for (int trial = 0; trial < 60; trial++) {
      var shape =
          new Shape(
              1 + random.nextInt(5) * random.nextInt(2),
              sizes[random.nextInt(sizes.length)],
              sizes[random.nextInt(sizes.length)],
              sizes[random.nextInt(sizes.length)],
              random.nextBoolean(),
              random.nextBoolean(),
              random.nextInt(2) * 3);
      double alpha = random.nextInt(3) - 0.5;
      double beta = new double[] {0, 1, -0.75}[random.nextInt(3)];
      check(blas, type, shape, alpha, beta, random);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("implementations")
  void agreesBeyondOneBlockAndOneTile(String name, Blas blas, Arithmetic type) {
    var random = new Random(8);
    check(blas, type, new Shape(1, 7, 530, 300, false, true, 0), 1, 0, random);
    check(blas, type, new Shape(3, 2, 331, 201, false, true, 0), 1, 1, random);
    check(blas, type, new Shape(1, 1, 300, 257, false, true, 0), -2, 0.5, random);
    check(blas, type, new Shape(1, 101, 130, 261, true, false, 1), 1, 1, random);
    check(blas, type, new Shape(2, 233, 60, 70, false, false, 2), 2, 0, random);
    check(blas, type, new Shape(9, 33, 35, 30, true, true, 0), 1, 0, random);
    check(blas, type, new Shape(1, 12, 9, 0, false, false, 0), 1, 0.5, random);
  }

  private static void check(
      Blas blas, Arithmetic type, Shape s, double alpha, double beta, Random random) {
    int offset = 5;
    var a = Data.random(type, offset + s.batch * s.strideA(), random);
    var b = Data.random(type, offset + s.batch * s.strideB(), random);
    var c =
        beta == 0
            ? Data.poisoned(type, offset + s.batch * s.strideC())
            : Data.random(type, offset + s.batch * s.strideC(), random);
    var expected = naive(s, alpha, beta, offset, a.values(), b.values(), c.values());
    blas.gemmBatched(
        type,
        s.batch,
        s.transposeA,
        s.transposeB,
        s.m,
        s.n,
        s.k,
        alpha,
        a.segment(),
        offset,
        s.strideA(),
        s.lda(),
        b.segment(),
        offset,
        s.strideB(),
        s.ldb(),
        beta,
        c.segment(),
        offset,
        s.strideC(),
        s.ldc());
    double tolerance = (type.bytes() == 8 ? 1e-13 : 4e-6) * (1 + Math.sqrt(s.k)) * 3;
    for (int i = 0; i < expected.length; i++) {
      if (Double.isNaN(expected[i])) {
        assertThat(c.get(i)).as("untouched %d of %s", i, s).isNaN();
      } else {
        assertThat(c.get(i)).as("element %d of %s", i, s).isCloseTo(expected[i], within(tolerance));
      }
    }
  }

  private static double[] naive(
      Shape s, double alpha, double beta, int offset, double[] a, double[] b, double[] c) {
    for (int batch = 0; batch < s.batch; batch++) {
      for (int i = 0; i < s.m; i++) {
        for (int j = 0; j < s.n; j++) {
          double sum = 0;
          for (int p = 0; p < s.k; p++) {
            int ai = s.transposeA ? p * s.lda() + i : i * s.lda() + p;
            int bi = s.transposeB ? j * s.ldb() + p : p * s.ldb() + j;
            sum +=
                a[offset + (int) (batch * s.strideA()) + ai]
                    * b[offset + (int) (batch * s.strideB()) + bi];
          }
          int ci = offset + (int) (batch * s.strideC()) + i * s.ldc() + j;
          c[ci] = alpha * sum + (beta == 0 ? 0 : beta * c[ci]);
        }
      }
    }
    return c;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("implementations")
  void sameCallGivesSameBits(String name, Blas blas, Arithmetic type) {
    var random = new Random(9);
    var a = Data.random(type, 150 * 90, random);
    var b = Data.random(type, 90 * 170, random);
    double[] first = null;
    for (int repeat = 0; repeat < 5; repeat++) {
      var c = Data.poisoned(type, 150 * 170);
      blas.gemm(
          type,
          false,
          false,
          150,
          170,
          90,
          1,
          a.segment(),
          0,
          90,
          b.segment(),
          0,
          170,
          0,
          c.segment(),
          0,
          170);
      first = first == null ? c.values() : first;
      assertThat(c.values()).containsExactly(first);
    }
  }

  @Test
  void refusesMatricesThatDoNotFit() {
    Blas blas = new JavaGemm(POOL);
    Arithmetic type = Arithmetic.f64();
    var a = Data.of(type, new double[12]);
    assertThatThrownBy(
            () ->
                blas.gemm(
                    type,
                    false,
                    false,
                    3,
                    3,
                    4,
                    1,
                    a.segment(),
                    1,
                    4,
                    a.segment(),
                    0,
                    3,
                    0,
                    a.segment(),
                    0,
                    3))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("segment of 96 bytes");
    assertThatThrownBy(
            () ->
                blas.gemm(
                    type,
                    false,
                    true,
                    3,
                    3,
                    4,
                    1,
                    a.segment(),
                    0,
                    4,
                    a.segment(),
                    0,
                    3,
                    0,
                    a.segment(),
                    0,
                    3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("matrix B is stored as [3, 4]");
  }

  @Test
  void selectionFollowsTheProperty() {
    try {
      System.setProperty(BlasSelection.PROPERTY, "java");
      assertThat(Blas.select(POOL).name()).isEqualTo("Java");
      System.setProperty(BlasSelection.PROPERTY, "openblas");
      assertThat(Blas.select(POOL).name()).isEqualTo("OpenBLAS");
      System.setProperty(BlasSelection.PROPERTY, "mkl");
      assertThatThrownBy(() -> Blas.select(POOL)).hasMessageContaining("got 'mkl'");
    } finally {
      System.clearProperty(BlasSelection.PROPERTY);
    }
  }
}
