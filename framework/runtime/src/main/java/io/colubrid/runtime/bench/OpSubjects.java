package io.colubrid.runtime.bench;

import io.colubrid.nn.CausalConv1d;
import io.colubrid.nn.SelectiveScan;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.Arrays;

/** The operations of Mamba, at the sizes that are asked for. */
final class OpSubjects {
  private static final long STATES = 16;
  private static final long WIDTH = 4;

  private OpSubjects() {}

  /** With softplus, bias, skip and gate. */
  static OpSubject scan(DType stream, long batch, long length, long channels) {
    TensorType u = new TensorType(stream, Shape.of(batch, length, channels));
    TensorType b = new TensorType(stream, Shape.of(batch, length, STATES));
    TensorType channel = TensorType.f32(channels);
    TensorType rates = TensorType.f32(channels, STATES);
    double exponentials = (double) batch * length * channels * STATES;
    return new OpSubject(
        new SelectiveScan(true),
        Arrays.asList(u, u, rates, b, b, channel, u, channel, null, null),
        exponentials);
  }

  /** With SiLU. */
  static OpSubject conv(DType stream, long batch, long length, long channels) {
    TensorType x = new TensorType(stream, Shape.of(batch, length, channels));
    return new OpSubject(
        new CausalConv1d(true),
        Arrays.asList(x, TensorType.f32(channels, 1, WIDTH), TensorType.f32(channels), null, null),
        0);
  }
}
