package io.colubrid.engine.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import jcuda.NativePointerObject;
import jcuda.Pointer;

/** The arguments of a kernel, in its order. */
final class Arguments {
  /** Arrays, each the bytes of one argument. */
  private final List<Object> all = new ArrayList<>();

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
        case Float number -> all.real32(number);
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
      all.add(new long[] {address});
    }
    return this;
  }

  /** A number of 64 bits, or a structure of such. */
  Arguments number(long... words) {
    all.add(words);
    return this;
  }

  Arguments integer(int number) {
    all.add(new int[] {number});
    return this;
  }

  Arguments real(double number) {
    all.add(new double[] {number});
    return this;
  }

  Arguments real32(double number) {
    all.add(new float[] {(float) number});
    return this;
  }

  Arguments walk(Walk walk) {
    return number(walk.words());
  }

  /** As JCuda takes them. */
  Pointer pack() {
    return Pointer.to(all.stream().map(Arguments::pointer).toArray(NativePointerObject[]::new));
  }

  private static Pointer pointer(Object argument) {
    return switch (argument) {
      case long[] words -> Pointer.to(words);
      case int[] number -> Pointer.to(number);
      case float[] number -> Pointer.to(number);
      default -> Pointer.to((double[]) argument);
    };
  }

  /** As the driver takes them: pointers to each. */
  MemorySegment pack(Arena arena) {
    MemorySegment pointers = arena.allocate(ValueLayout.ADDRESS, Math.max(1, all.size()));
    for (int i = 0; i < all.size(); i++) {
      pointers.setAtIndex(ValueLayout.ADDRESS, i, copy(all.get(i), arena));
    }
    return pointers;
  }

  private static MemorySegment copy(Object argument, Arena arena) {
    MemorySegment heap =
        switch (argument) {
          case long[] words -> MemorySegment.ofArray(words);
          case int[] number -> MemorySegment.ofArray(number);
          case float[] number -> MemorySegment.ofArray(number);
          default -> MemorySegment.ofArray((double[]) argument);
        };
    MemorySegment copy = arena.allocate(heap.byteSize(), Long.BYTES);
    copy.copyFrom(heap);
    return copy;
  }
}
