package io.colubrid.spi.tensor;

/**
 * Where tensors live and are computed.
 *
 * @param kind the kind of machine
 * @param index which one of its kind, from 0
 */
public record Device(Kind kind, int index) {
  /** Kinds of machine. */
  public enum Kind {
    CPU,
    CUDA
  }

  public static final Device CPU = new Device(Kind.CPU, 0);

  /**
   * Reads {@code cpu}, {@code cuda} or {@code cuda:N}.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Device parse(String text) {
    if (text.equals("cpu")) {
      return CPU;
    }
    if (text.matches("cuda(:\\d{1,3})?")) {
      int colon = text.indexOf(':');
      return new Device(Kind.CUDA, colon < 0 ? 0 : Integer.parseInt(text.substring(colon + 1)));
    }
    throw new IllegalArgumentException(
        "no device '" + text + "'; known are cpu, cuda and cuda:N (such as cuda:1)");
  }

  @Override
  public String toString() {
    return kind == Kind.CPU ? "cpu" : "cuda:" + index;
  }
}
