package io.colubrid.runtime.data;

import java.lang.foreign.MemorySegment;

/** Tokens {@code [from, from + count)} of the document {@code bytes}, to be laid into one row. */
record Piece(MemorySegment bytes, long from, int count, boolean endsDocument) {}
