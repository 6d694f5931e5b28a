package io.colubrid.runtime.verify;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import java.util.Locale;

/**
 * How a model is computed.
 *
 * @param precision of weights and all that is computed with them
 * @param byEquations whether operations run by the equations that define them, rather than by the
 *     bodies for the device
 */
public record Arrangement(Precision precision, boolean byEquations) {
  /** As models are trained. */
  public static final Arrangement F32 = new Arrangement(Precision.F32, false);

  /** Products and activations in BF16, where the device has them. */
  public static final Arrangement BF16 = new Arrangement(Precision.BF16, false);

  /** The equations in double precision, to tell rounding from mistakes. */
  public static final Arrangement EXACT = new Arrangement(Precision.F64, true);

  Recorder.Bodies bodies(Backend backend) {
    return byEquations ? Recorder.Bodies.REFERENCE : backend.bodies();
  }

  @Override
  public String toString() {
    String name = precision.name().toLowerCase(Locale.ROOT);
    return byEquations ? name + " by the equations" : name;
  }
}
