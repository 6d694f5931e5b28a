package io.colubrid.engine.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;

/** Numbers of either element type in a segment of their own, for tests. */
record Data(Arithmetic type, MemorySegment segment, long count) {

  static Data of(Arithmetic type, double... values) {
    long bytes = Math.max(1, (long) values.length * type.bytes());
    var data = new Data(type, Arena.global().allocate(bytes, 64), values.length);
    for (int i = 0; i < values.length; i++) {
      data.set(i, values[i]);
    }
    return data;
  }

  /** Normally distributed. */
  static Data random(Arithmetic type, long count, Random random) {
    var values = new double[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return of(type, values);
  }

  /** What nobody wrote must not be read. */
  static Data poisoned(Arithmetic type, long count) {
    var values = new double[(int) count];
    Arrays.fill(values, Double.NaN);
    return of(type, values);
  }

  Data copy() {
    return of(type, values());
  }

  double get(long i) {
    return type.get(segment.address() + i * type.bytes());
  }

  void set(long i, double value) {
    type.set(segment.address() + i * type.bytes(), value);
  }

  double[] values() {
    var values = new double[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(i);
    }
    return values;
  }
}
