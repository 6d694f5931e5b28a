package io.colubrid.runtime.verify;

import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import java.util.Locale;

/**
 * How a model is computed.
 *
 * @param precision of weights and all that is computed with them
 * @param bodies the operations' fast bodies, or the equations that define them
 */
public record Arrangement(Precision precision, Recorder.Bodies bodies) {
  /** As models are trained. */
  public static final Arrangement F32 = new Arrangement(Precision.F32, Recorder.Bodies.FAST);

  /** The equations in double precision, to tell rounding from mistakes. */
  public static final Arrangement EXACT = new Arrangement(Precision.F64, Recorder.Bodies.REFERENCE);

  @Override
  public String toString() {
    String name = precision.name().toLowerCase(Locale.ROOT);
    return bodies == Recorder.Bodies.FAST ? name : name + " by the equations";
  }
}
