package io.colubrid.runtime.data;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * Documents for training and documents held out. The side is decided by a hash of the document's
 * beginning and length with the seed: adding files moves no other document across, and of two equal
 * documents both are on one side, so that none is held out and trained on at once.
 */
public final class Split {
  /** Bytes of a document that decide its side: enough to tell texts apart, and one page at most. */
  private static final long HASHED_BYTES = 1024;

  private final Documents all;
  private final long[] heldOut;

  private Split(Documents all, long[] heldOut) {
    this.all = all;
    this.heldOut = heldOut;
  }

  /**
   * Splits by document. Unless fraction is 0, each side gets at least one document.
   *
   * @param fraction share of the documents to hold out, in [0, 1); 0 holds none out
   * @throws DataException if fraction is positive and there are fewer than two documents
   * @throws IllegalArgumentException if fraction is not in [0, 1)
   */
  public static Split of(Documents documents, double fraction, long seed) {
    if (!(fraction >= 0 && fraction < 1)) {
      throw new IllegalArgumentException("held-out fraction must be in [0, 1), not " + fraction);
    }
    if (fraction == 0) {
      return new Split(documents, new long[0]);
    }
    if (documents.size() < 2) {
      throw new DataException(
          ("the data is %d document, so none can be held out; cut it into smaller ones (documents ="
                  + " line or paragraph, or a smaller document-length), add data, or set held-out ="
                  + " 0")
              .formatted(documents.size()));
    }
    return new Split(documents, choose(documents, fraction, seed));
  }

  private static long[] choose(Documents documents, double fraction, long seed) {
    long[] chosen = new long[16];
    int count = 0;
    long first = 0;
    double lowest = Double.POSITIVE_INFINITY;
    long last = 0;
    double highest = Double.NEGATIVE_INFINITY;
    for (long index = 0; index < documents.size(); index++) {
      double draw = draw(documents.get(index), seed);
      if (draw < fraction) {
        chosen = count < chosen.length ? chosen : Arrays.copyOf(chosen, 2 * count);
        chosen[count++] = index;
      }
      if (draw < lowest) {
        lowest = draw;
        first = index;
      }
      if (draw > highest) {
        highest = draw;
        last = index;
      }
    }
    if (count == 0) {
      return new long[] {first};
    }
    long kept = count == documents.size() ? last : -1;
    return Arrays.stream(chosen, 0, count).filter(index -> index != kept).toArray();
  }

  /** A number in [0, 1) that depends on the seed, the document's first bytes and its length. */
  private static double draw(MemorySegment document, long seed) {
    long length = document.byteSize();
    MemorySegment beginning = document.asSlice(0, Math.min(length, HASHED_BYTES));
    long hash = ContentHash.mix(ContentHash.of(beginning, seed) ^ length);
    return (hash >>> 11) * 0x1.0p-53;
  }

  /** The documents to train on, in the order of the corpus. */
  public Documents train() {
    return new Side(all.size() - heldOut.length) {
      @Override
      long indexOf(long rank) {
        return rank + heldOutBefore(rank);
      }
    };
  }

  /** The documents to evaluate on, in the order of the corpus. */
  public Documents heldOut() {
    return new Side(heldOut.length) {
      @Override
      long indexOf(long rank) {
        return heldOut[(int) rank];
      }
    };
  }

  /** How many held-out documents stand before the training document of that rank. */
  private long heldOutBefore(long rank) {
    int low = 0;
    int high = heldOut.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (heldOut[middle] - middle <= rank) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private abstract class Side implements Documents {
    private final long size;

    Side(long size) {
      this.size = size;
    }

    abstract long indexOf(long rank);

    @Override
    public long size() {
      return size;
    }

    @Override
    public long length(long index) {
      return all.length(indexOf(Objects.checkIndex(index, size)));
    }

    @Override
    public MemorySegment get(long index) {
      return all.get(indexOf(Objects.checkIndex(index, size)));
    }
  }
}
