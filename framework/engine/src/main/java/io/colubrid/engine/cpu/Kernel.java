package io.colubrid.engine.cpu;

/** A node of a program with its addresses found: all that is left is to run it. */
@FunctionalInterface
interface Kernel {
  /** For nodes that compute nothing. */
  Kernel NOTHING = () -> {};

  void run();
}
