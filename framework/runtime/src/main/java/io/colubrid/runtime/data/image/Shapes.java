package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.ContentHash;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/**
 * Shapes that are drawn when they are asked for: filled, of any place, size, turn and brightness,
 * with noise. An image is decided by the seed and its index.
 *
 * @param noise standard deviation of the noise, in shares of the brightest
 */
record Shapes(ImageSize size, int count, int classes, double noise, long seed) implements Images {
  private static final int BRIGHTEST = 255;

  /** What is drawn for each class. */
  enum Kind {
    DISC {
      @Override
      boolean contains(double x, double y) {
        return x * x + y * y < 1;
      }
    },
    SQUARE {
      @Override
      boolean contains(double x, double y) {
        return Math.max(Math.abs(x), Math.abs(y)) < 0.8;
      }
    },
    TRIANGLE {
      @Override
      boolean contains(double x, double y) {
        return y > -0.5 && y < 1 - Math.sqrt(3) * Math.abs(x);
      }
    },
    CROSS {
      @Override
      boolean contains(double x, double y) {
        double longer = Math.max(Math.abs(x), Math.abs(y));
        return longer < 1 && Math.min(Math.abs(x), Math.abs(y)) < 0.3;
      }
    },
    RING {
      @Override
      boolean contains(double x, double y) {
        double square = x * x + y * y;
        return square < 1 && square > 0.35;
      }
    },
    BAR {
      @Override
      boolean contains(double x, double y) {
        return Math.abs(x) < 1 && Math.abs(y) < 0.3;
      }
    };

    /** Whether a point lies in the shape, whose extent is about 1 around the origin. */
    abstract boolean contains(double x, double y);
  }

  @Override
  public int label(int index) {
    return (int) Math.floorMod(identity(index), (long) classes);
  }

  @Override
  public MemorySegment pixels(int index) {
    SplittableRandom random = new SplittableRandom(identity(index));
    Kind kind = Kind.values()[label(index)];
    double smaller = Math.min(size.height(), size.width());
    double radius = smaller * random.nextDouble(0.2, 0.42);
    double centerX = random.nextDouble(radius, size.width() - radius);
    double centerY = random.nextDouble(radius, size.height() - radius);
    double turn = random.nextDouble(2 * Math.PI);
    double[] light = random.doubles(size.channels(), 0.4, 0.9).toArray();
    byte[] bytes = new byte[Math.toIntExact(size.bytes())];
    int at = 0;
    for (int row = 0; row < size.height(); row++) {
      for (int column = 0; column < size.width(); column++) {
        double x = (column + 0.5 - centerX) / radius;
        double y = (row + 0.5 - centerY) / radius;
        boolean inside =
            kind.contains(
                x * Math.cos(turn) + y * Math.sin(turn), y * Math.cos(turn) - x * Math.sin(turn));
        for (double channel : light) {
          double level = (inside ? channel : 0.1) + noise * random.nextGaussian();
          bytes[at++] = (byte) Math.clamp(Math.round(BRIGHTEST * level), 0, BRIGHTEST);
        }
      }
    }
    return MemorySegment.ofArray(bytes);
  }

  @Override
  public long identity(int index) {
    return ContentHash.mix(ContentHash.mix(seed) + index);
  }

  @Override
  public long fingerprint() {
    return ContentHash.of(toString());
  }
}
