package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** A 64-bit hash that is the same on every machine: FNV-1a, finished by {@link #mix}. */
public final class ContentHash {
  private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private ContentHash() {}

  public static long of(String text) {
    return of(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)), 0);
  }

  public static long of(MemorySegment bytes, long seed) {
    long hash = OFFSET_BASIS ^ mix(seed);
    for (long at = 0; at < bytes.byteSize(); at++) {
      hash = (hash ^ (bytes.get(JAVA_BYTE, at) & 0xFF)) * PRIME;
    }
    return mix(hash ^ bytes.byteSize());
  }

  /** The finaliser of SplitMix64: a bijection whose every output bit depends on every input bit. */
  public static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
