package io.colubrid.engine.cuda;

/**
 * A copy with strides on both sides, in words of as many neighbouring elements as extents, strides
 * and addresses allow.
 *
 * @param extents words along each axis
 * @param from words that the source moves by along each axis
 * @param to words that the target moves by along each axis
 * @param bytes of a word
 */
record StridedCopy(long[] extents, long[] from, long[] to, int bytes) {
  private static final int WIDEST = 16;

  /** The same copy in wider words. */
  StridedCopy widened(long source, long target) {
    int last = extents.length - 1;
    while (last >= 0 && extents[last] == 1) {
      last--;
    }
    if (last < 0 || from[last] != 1 || to[last] != 1) {
      return this;
    }
    for (int word = WIDEST; word > bytes; word /= 2) {
      if ((source | target) % word == 0 && divides(word / bytes, last)) {
        return divided(word / bytes, last);
      }
    }
    return this;
  }

  private boolean divides(int many, int last) {
    boolean divides = extents[last] % many == 0;
    for (int axis = 0; axis < last; axis++) {
      divides &= extents[axis] == 1 || (from[axis] % many == 0 && to[axis] % many == 0);
    }
    return divides;
  }

  private StridedCopy divided(int many, int last) {
    long[] fewer = extents.clone();
    long[] source = from.clone();
    long[] target = to.clone();
    fewer[last] /= many;
    for (int axis = 0; axis < last; axis++) {
      source[axis] /= many;
      target[axis] /= many;
    }
    return new StridedCopy(fewer, source, target, bytes * many);
  }

  CudaKernel kernel(Launches launches, long source, long target) {
    long words = 1;
    for (long extent : extents) {
      words *= extent;
    }
    return launches.elements(
        "layout",
        "strided_copy_" + bytes,
        words,
        Arguments.of().addresses(source, target).walk(new Walk(extents, from, to)));
  }
}
