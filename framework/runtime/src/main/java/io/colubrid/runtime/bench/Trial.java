package io.colubrid.runtime.bench;

/** Something that can be measured again and again. */
interface Trial extends AutoCloseable {
  /** Does the work once and answers how many nanoseconds it took. */
  double nanos();

  /** The work of one time. */
  Workload workload();

  /** What is particular about it; empty if nothing. */
  default String note() {
    return "";
  }

  @Override
  void close();
}
