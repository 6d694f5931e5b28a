package io.colubrid.cli;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.LossCurve;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.Trainer;
import io.colubrid.runtime.training.TrainingListener;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The weights that a short training ends with. */
final class TrainedWeights {
  private TrainedWeights() {}

  /**
   * Trains what a file says, in a JVM of its own.
   *
   * @param args the file, and one to write the weights to
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    float[] weights = of(Path.of(args[0]));
    ByteBuffer bytes = ByteBuffer.allocate(weights.length * Float.BYTES);
    bytes.asFloatBuffer().put(weights);
    Files.write(Path.of(args[1]), bytes.array());
  }

  static float[] of(Path file) throws InterruptedException {
    try (Session session = Session.open(List.of())) {
      return of(session.read(file, List.of()));
    }
  }

  /** All weights after the last step. */
  static float[] of(RunSpec spec) throws InterruptedException {
    try (CpuBackend backend = new CpuBackend();
        DataSet<?> data = spec.data().open();
        Trainer trainer = new Trainer(spec, backend, data, TrainingListener.SILENT)) {
      trainer.run(spec.train().steps(), () -> false, new LossCurve(entry -> {}));
      List<float[]> all = new ArrayList<>();
      for (var parameter : trainer.store().parameters()) {
        var slot = trainer.store().master(parameter);
        long bytes = parameter.shape().elements() * Float.BYTES;
        var values = slot.storage().segment().asSlice(slot.offset(), bytes);
        all.add(values.toArray(ValueLayout.JAVA_FLOAT));
      }
      float[] joined = new float[all.stream().mapToInt(values -> values.length).sum()];
      int at = 0;
      for (float[] values : all) {
        System.arraycopy(values, 0, joined, at, values.length);
        at += values.length;
      }
      return joined;
    }
  }
}
