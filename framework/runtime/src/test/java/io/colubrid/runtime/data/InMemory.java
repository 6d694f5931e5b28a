package io.colubrid.runtime.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Documents of a test. */
record InMemory(List<byte[]> texts) implements Documents {
  static InMemory of(String... texts) {
    return new InMemory(List.of(texts).stream().map(text -> text.getBytes(UTF_8)).toList());
  }

  /** Documents of 1 to {@code longest} random bytes. */
  static InMemory random(int count, int longest, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new InMemory(
        IntStream.range(0, count)
            .mapToObj(
                i -> {
                  byte[] text = new byte[random.nextInt(1, longest + 1)];
                  random.nextBytes(text);
                  return text;
                })
            .toList());
  }

  byte[] joined() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    texts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  @Override
  public long size() {
    return texts.size();
  }

  @Override
  public long length(long index) {
    return texts.get((int) index).length;
  }

  @Override
  public MemorySegment get(long index) {
    return MemorySegment.ofArray(texts.get((int) index)).asReadOnly();
  }
}
