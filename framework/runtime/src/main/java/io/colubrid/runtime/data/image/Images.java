package io.colubrid.runtime.data.image;

import java.lang.foreign.MemorySegment;

/** Images of one size with their classes, with access by index from any thread. */
interface Images {
  ImageSize size();

  /** How many images there are. */
  int count();

  /** How many classes there are. */
  int classes();

  /** The class of an image, from 0. */
  int label(int index);

  /**
   * An image as unsigned bytes [height, width, channels], read-only.
   *
   * @throws io.colubrid.runtime.data.DataException if its file cannot be read
   */
  MemorySegment pixels(int index);

  /** A number that stays an image's own when others come and go; it decides the side of a split. */
  long identity(int index);

  /** Changes if the images do. */
  long fingerprint();
}
