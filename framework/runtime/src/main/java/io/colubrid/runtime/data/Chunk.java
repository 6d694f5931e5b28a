package io.colubrid.runtime.data;

/** Tokens {@code [from, to)} of a document. */
record Chunk(long document, long from, long to) {
  long length() {
    return to - from;
  }
}
