package io.colubrid.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import jcuda.NativePointerObject;
import jcuda.Pointer;

/** The arguments of a kernel, in its order. */
final class Arguments {
  private final List<Pointer> all = new ArrayList<>();

  static Arguments of() {
    return new Arguments();
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
