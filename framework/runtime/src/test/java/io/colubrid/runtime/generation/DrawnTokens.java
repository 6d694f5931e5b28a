package io.colubrid.runtime.generation;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Draws tokens from scores by one of the bodies of {@link NextToken}. */
final class DrawnTokens implements AutoCloseable {
  private final ParameterStore none;
  private final Storage scores;
  private final Storage token;
  private final Storage seen;
  private final Storage settings;
  private final Executable executable;

  DrawnTokens(Backend backend, Recorder.Bodies bodies, int vocabulary) {
    none = new ParameterStore(backend.memory(), Precision.F32, List.of());
    scores = backend.memory().allocate("scores", (long) vocabulary * Float.BYTES);
    token = backend.memory().allocate("token", NextToken.TOKEN_TYPE.bytes());
    seen = backend.memory().allocate("seen", vocabulary);
    settings = backend.memory().allocate("settings", NextToken.SETTINGS_TYPE.bytes());
    Recorder recorder = new Recorder(none, bodies, false);
    new NextToken()
        .apply(
            recorder.ops(),
            recorder.external(scores, TensorType.f32(vocabulary)),
            recorder.external(token, NextToken.TOKEN_TYPE),
            recorder.external(seen, NextToken.seenType(vocabulary)),
            recorder.external(settings, NextToken.SETTINGS_TYPE));
    executable = backend.prepare("drawing", backend.finish(recorder, List.of()));
  }

  /** The token that a draw points at; −1 for none. */
  int next(float[] logits, Sampling sampling, float draw) {
    scores.write(0, MemorySegment.ofArray(logits));
    settings.write(0, MemorySegment.ofArray(sampling.settings(draw)));
    executable.run();
    return token.view(0, Integer.BYTES, host -> host.get(ValueLayout.JAVA_INT, 0));
  }

  /** Forgets which tokens were drawn. */
  void forget() {
    seen.clear();
  }

  @Override
  public void close() {
    executable.close();
    List.of(scores, token, seen, settings).forEach(Storage::close);
    none.close();
  }
}
