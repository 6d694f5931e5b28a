package io.colubrid.engine.tape;

import java.util.Map;
import java.util.TreeMap;

/**
 * Lays out an arena by best fit, with free neighbours joined. Deterministic: the same requests get
 * the same places.
 */
final class ArenaPlan {
  /** Bytes; what everything temporary begins at a multiple of. */
  static final long ALIGNMENT = 64;

  private final TreeMap<Long, Long> free = new TreeMap<>();
  private long size;
  private long liveBytes;
  private long peakLiveBytes;

  long take(long bytes) {
    long rounded = rounded(bytes);
    liveBytes += rounded;
    peakLiveBytes = Math.max(peakLiveBytes, liveBytes);
    Map.Entry<Long, Long> best = null;
    for (Map.Entry<Long, Long> hole : free.entrySet()) {
      boolean fits = hole.getValue() >= rounded;
      if (fits && (best == null || hole.getValue() < best.getValue())) {
        best = Map.entry(hole.getKey(), hole.getValue());
      }
    }
    return best == null ? grow(rounded) : use(best.getKey(), best.getValue(), rounded);
  }

  private long use(long place, long hole, long bytes) {
    free.remove(place);
    if (hole > bytes) {
      free.put(place + bytes, hole - bytes);
    }
    return place;
  }

  /** Takes from the end, together with a hole that reaches it. */
  private long grow(long bytes) {
    Map.Entry<Long, Long> tail = free.lastEntry();
    long place = size;
    if (tail != null && tail.getKey() + tail.getValue() == size) {
      place = tail.getKey();
      free.remove(place);
    }
    size = place + bytes;
    return place;
  }

  void release(long place, long bytes) {
    long rounded = rounded(bytes);
    liveBytes -= rounded;
    long from = place;
    long length = rounded;
    Map.Entry<Long, Long> before = free.lowerEntry(place);
    if (before != null && before.getKey() + before.getValue() == place) {
      from = before.getKey();
      length += before.getValue();
      free.remove(from);
    }
    Long behind = free.remove(place + rounded);
    if (behind != null) {
      length += behind;
    }
    if (length > 0) {
      free.put(from, length);
    }
  }

  /** At least one unit, so that no two live buffers share a place. */
  private static long rounded(long bytes) {
    return Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  }

  long size() {
    return size;
  }

  long peakLiveBytes() {
    return peakLiveBytes;
  }
}
