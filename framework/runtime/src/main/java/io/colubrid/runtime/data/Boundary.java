package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/** Where one document of a file ends and the next begins. Documents without a byte do not exist. */
interface Boundary {
  /** Receives a document as the bytes {@code [from, to)} of the text. */
  interface Sink {
    void document(long from, long to);
  }

  /** Hands every document of {@code text} to {@code sink}, in order. */
  void scan(MemorySegment text, Sink sink);

  /** False if a file is one document whatever it holds, so that nobody needs to read it. */
  default boolean readsText() {
    return true;
  }

  /** The whole file. */
  static Boundary file() {
    return new Boundary() {
      @Override
      public void scan(MemorySegment text, Sink sink) {
        emit(sink, 0, text.byteSize());
      }

      @Override
      public boolean readsText() {
        return false;
      }
    };
  }

  /** A line, without its {@code \n} or {@code \r\n}; empty lines are skipped. */
  static Boundary line() {
    return (text, sink) -> {
      for (long from = 0; from < text.byteSize(); ) {
        long end = ByteSearch.indexOf(text, (byte) '\n', from);
        emit(sink, from, withoutReturn(text, from, end));
        from = end + 1;
      }
    };
  }

  /** Lines up to a blank one (of spaces, tabs or nothing), without the last line's end. */
  static Boundary paragraph() {
    return (text, sink) -> {
      long start = 0;
      long stop = 0;
      for (long from = 0; from < text.byteSize(); ) {
        long end = ByteSearch.indexOf(text, (byte) '\n', from);
        if (isBlank(text, from, end)) {
          emit(sink, start, stop);
          start = end + 1;
          stop = start;
        } else {
          stop = withoutReturn(text, from, end);
        }
        from = end + 1;
      }
      emit(sink, start, stop);
    };
  }

  /** What stands between occurrences of {@code separator}, which belong to no document. */
  static Boundary separator(byte[] separator) {
    return (text, sink) -> {
      for (long from = 0; from < text.byteSize(); ) {
        long end = ByteSearch.indexOf(text, separator, from);
        emit(sink, from, end);
        from = end + separator.length;
      }
    };
  }

  private static void emit(Sink sink, long from, long to) {
    if (to > from) {
      sink.document(from, to);
    }
  }

  private static long withoutReturn(MemorySegment text, long from, long end) {
    return end > from && text.get(JAVA_BYTE, end - 1) == '\r' ? end - 1 : end;
  }

  private static boolean isBlank(MemorySegment text, long from, long to) {
    for (long at = from; at < to; at++) {
      byte value = text.get(JAVA_BYTE, at);
      if (value != ' ' && value != '\t' && value != '\r') {
        return false;
      }
    }
    return true;
  }
}
