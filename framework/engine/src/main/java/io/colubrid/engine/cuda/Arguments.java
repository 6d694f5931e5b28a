package io.colubrid.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import jcuda.NativePointerObject;
import jcuda.Pointer;

/** The arguments of a kernel, in its order. */
final class Arguments {
  private final List<Pointer> all = new ArrayList<>();

  /**
   * Arguments by their Java types.
   *
   * @throws IllegalArgumentException if one is of a type that kernels do not take
   */
  static Arguments of(Object... arguments) {
    Arguments all = new Arguments();
    for (Object argument : arguments) {
      switch (argument) {
        case Long number -> all.number(number);
        case Integer number -> all.integer(number);
        case Float number -> all.all.add(Pointer.to(new float[] {number}));
        case Double number -> all.real(number);
        case long[] words -> all.number(words);
        default ->
            throw new IllegalArgumentException(
                "a kernel takes Long, Integer, Float, Double or long[], not "
                    + argument.getClass().getName());
      }
    }
    return all;
  }

  /** Addresses on the device; 0 for a pointer to nothing. */
  Arguments addresses(long... addresses) {
    for (long address : addresses) {
      all.add(Pointer.to(new long[] {address}));
    }
    return this;
  }

  /** A number of 64 bits, or a structure of such. */
  Arguments number(long... words) {
    all.add(Pointer.to(words));
    return this;
  }

  Arguments integer(int number) {
    all.add(Pointer.to(new int[] {number}));
    return this;
  }

  Arguments real(double number) {
    all.add(Pointer.to(new double[] {number}));
    return this;
  }

  Arguments walk(Walk walk) {
    return number(walk.words());
  }

  Pointer pack() {
    return Pointer.to(all.toArray(NativePointerObject[]::new));
  }
}
