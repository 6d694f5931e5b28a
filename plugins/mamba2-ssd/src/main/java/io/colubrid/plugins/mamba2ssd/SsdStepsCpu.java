package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/** The recurrence as it stands, from a state that it advances: for decoding. */
final class SsdStepsCpu {
  private static final long ELEMENTS_WORTH_A_THREAD = 1 << 14;

  private final CpuCall call;
  private final Ssd op;
  private final SsdShape shape;

  SsdStepsCpu(CpuCall call, Ssd op, SsdShape shape) {
    this.call = call;
    this.op = op;
    this.shape = shape;
  }

  void run() {
    long grain = Math.max(1, ELEMENTS_WORTH_A_THREAD / Math.max(1, shape.stateOfHead()));
    SsdScratch layout = new SsdScratch(shape, false);
    call.parallel()
        .forEachRange(
            (long) shape.batch() * shape.heads(),
            grain,
            (from, to) -> {
              var block = new SsdBlock(call, op, shape, layout, MemorySegment.NULL);
              for (long i = from; i < to; i++) {
                block.beginHead((int) (i / shape.heads()), (int) (i % shape.heads()));
                block.moveTo(0);
                run(block);
              }
            });
  }

  private void run(SsdBlock block) {
    Matrix h = block.state(call.output(1));
    Matrix y = block.channels(call.output(0));
    Matrix x = block.x();
    Matrix b = block.b();
    Matrix c = block.c();
    float rate = block.rate(0);
    float skip = block.skip(0);
    for (int t = 0; t < block.steps; t++) {
      if (block.documents.isPadding(t)) {
        SsdRowsCpu.fill(y.memory(), y.row(t), shape.headDim(), 0);
        continue;
      }
      if (block.documents.startsAt(t)) {
        SsdRowsCpu.fill(h.memory(), h.row(0), shape.stateOfHead(), 0);
      }
      double delta = block.stepSize(0, t);
      float decay = (float) Math.exp(delta * rate);
      for (int p = 0; p < shape.headDim(); p++) {
        float value = x.get(t, p);
        float product =
            SsdRowsCpu.step(
                h.memory(),
                h.row(p),
                decay,
                (float) (delta * value),
                b.memory(),
                b.row(t),
                c.row(t),
                shape.states());
        y.set(t, p, Math.fma(skip, value, product));
      }
    }
  }
}
