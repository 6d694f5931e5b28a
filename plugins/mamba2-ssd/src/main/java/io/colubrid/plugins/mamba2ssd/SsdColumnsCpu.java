package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.nn.AloneCpu;
import io.colubrid.nn.LaneSumCpu;
import io.colubrid.nn.VectorExpCpu;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the recurrence does to some columns of many rows, such as those of one head: with a factor a
 * row, which stand side by side in scratch memory, and sums over a row, which are put there. Loops
 * are compiled alone, see {@link AloneCpu}.
 *
 * @param scratch holds the factors and sums
 * @param rows number of rows
 * @param columns number of columns
 */
record SsdColumnsCpu(MemorySegment scratch, int rows, int columns) {
  private static final VectorSpecies<Float> FLOATS = VectorExpCpu.FLOATS;
  private static final int LANES = VectorExpCpu.LANES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static MethodHandle scaleRows =
      loop("scaleRows", SsdColumnsCpu.class, long.class, Matrix.class, Matrix.class);
  private static MethodHandle mixRows =
      loop("mixRows", SsdColumnsCpu.class, long.class, Matrix.class, float.class, Matrix.class);
  private static MethodHandle multiplyRows =
      loop("multiplyRows", SsdColumnsCpu.class, long.class, Matrix.class, Matrix.class);
  private static MethodHandle addRows =
      loop(
          "addRows",
          SsdColumnsCpu.class,
          long.class,
          long.class,
          Matrix.class,
          Matrix.class,
          Matrix.class);

  private static MethodHandle loop(String name, Class<?>... parameters) {
    return AloneCpu.loop(MethodHandles.lookup(), name, parameters);
  }

  private float factor(long factors, int row) {
    return scratch.get(JAVA_FLOAT, factors + 4L * row);
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(FLOATS, memory, at, ORDER);
  }

  /** out = factor·in, row by row; both may be the same. */
  void scale(long factors, Matrix in, Matrix out) {
    try {
      scaleRows.invokeExact(this, factors, in, out);
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  static void scaleRows(SsdColumnsCpu part, long factors, Matrix in, Matrix out) {
    for (int row = 0; row < part.rows; row++) {
      float factor = part.factor(factors, row);
      long from = in.row(row);
      long to = out.row(row);
      int i = 0;
      for (; i < FLOATS.loopBound(part.columns); i += LANES) {
        load(in.memory(), from + 4L * i)
            .mul(factor)
            .intoMemorySegment(out.memory(), to + 4L * i, ORDER);
      }
      for (; i < part.columns; i++) {
        float value = in.memory().get(JAVA_FLOAT, from + 4L * i);
        out.memory().set(JAVA_FLOAT, to + 4L * i, value * factor);
      }
    }
  }

  /** out = factor·out + share·in, row by row. */
  void mix(long factors, Matrix out, float share, Matrix in) {
    try {
      mixRows.invokeExact(this, factors, out, share, in);
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  static void mixRows(SsdColumnsCpu part, long factors, Matrix out, float share, Matrix in) {
    FloatVector shares = FloatVector.broadcast(FLOATS, share);
    for (int row = 0; row < part.rows; row++) {
      float factor = part.factor(factors, row);
      long from = in.row(row);
      long to = out.row(row);
      int i = 0;
      for (; i < FLOATS.loopBound(part.columns); i += LANES) {
        FloatVector scaled = load(out.memory(), to + 4L * i).mul(factor);
        load(in.memory(), from + 4L * i)
            .fma(shares, scaled)
            .intoMemorySegment(out.memory(), to + 4L * i, ORDER);
      }
      for (; i < part.columns; i++) {
        float scaled = out.memory().get(JAVA_FLOAT, to + 4L * i) * factor;
        float value = in.memory().get(JAVA_FLOAT, from + 4L * i);
        out.memory().set(JAVA_FLOAT, to + 4L * i, Math.fma(value, share, scaled));
      }
    }
  }

  /** Products of two matrices' rows with each other. */
  void multiply(long sums, Matrix a, Matrix b) {
    try {
      multiplyRows.invokeExact(this, sums, a, b);
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  static void multiplyRows(SsdColumnsCpu part, long sums, Matrix a, Matrix b) {
    for (int row = 0; row < part.rows; row++) {
      long aAt = a.row(row);
      long bAt = b.row(row);
      FloatVector dots = FloatVector.zero(FLOATS);
      int i = 0;
      for (; i < FLOATS.loopBound(part.columns); i += LANES) {
        dots = load(a.memory(), aAt + 4L * i).fma(load(b.memory(), bAt + 4L * i), dots);
      }
      float dot = LaneSumCpu.of(dots);
      for (; i < part.columns; i++) {
        float value = b.memory().get(JAVA_FLOAT, bAt + 4L * i);
        dot = Math.fma(a.memory().get(JAVA_FLOAT, aAt + 4L * i), value, dot);
      }
      part.scratch.set(JAVA_FLOAT, sums + 4L * row, dot);
    }
  }

  /** out += factor·in, and products of factor·in with rows of a third matrix. */
  void add(long factors, long sums, Matrix in, Matrix out, Matrix other) {
    try {
      addRows.invokeExact(this, factors, sums, in, out, other);
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  static void addRows(
      SsdColumnsCpu part, long factors, long sums, Matrix in, Matrix out, Matrix other) {
    for (int row = 0; row < part.rows; row++) {
      float factor = part.factor(factors, row);
      long from = in.row(row);
      long to = out.row(row);
      long otherAt = other.row(row);
      FloatVector dots = FloatVector.zero(FLOATS);
      int i = 0;
      for (; i < FLOATS.loopBound(part.columns); i += LANES) {
        FloatVector value = load(in.memory(), from + 4L * i).mul(factor);
        load(out.memory(), to + 4L * i)
            .add(value)
            .intoMemorySegment(out.memory(), to + 4L * i, ORDER);
        dots = value.fma(load(other.memory(), otherAt + 4L * i), dots);
      }
      float dot = LaneSumCpu.of(dots);
      for (; i < part.columns; i++) {
        float value = in.memory().get(JAVA_FLOAT, from + 4L * i) * factor;
        float before = out.memory().get(JAVA_FLOAT, to + 4L * i);
        out.memory().set(JAVA_FLOAT, to + 4L * i, before + value);
        dot = Math.fma(value, other.memory().get(JAVA_FLOAT, otherAt + 4L * i), dot);
      }
      part.scratch.set(JAVA_FLOAT, sums + 4L * row, dot);
    }
  }
}
