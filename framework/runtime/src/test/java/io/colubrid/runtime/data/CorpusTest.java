package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

@ResourceLock(Resources.SYSTEM_PROPERTIES)
class CorpusTest {
  @TempDir Path folder;
  @TempDir Path cache;

  @BeforeEach
  void moveTheCache() {
    System.setProperty(CacheFolder.PROPERTY, cache.toString());
  }

  @AfterEach
  void restoreTheCache() {
    System.clearProperty(CacheFolder.PROPERTY);
  }

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void writeGzip(Path file, String text) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(text.getBytes(UTF_8));
    }
  }

  private static List<String> texts(Documents documents) {
    return LongStream.range(0, documents.size())
        .mapToObj(i -> new String(documents.get(i).toArray(JAVA_BYTE), UTF_8))
        .toList();
  }

  @Test
  void aFolderIsItsFilesInOrderWithoutHiddenAndEmptyOnes() throws IOException {
    write("b.txt", "second\n\nstill second");
    write("a/z.txt", "first");
    write("c.txt", "");
    write(".hidden", "no");
    write(".git/x.txt", "no");
    write("d.txt", "last");
    try (Corpus corpus = Corpus.open(folder, DocumentUnit.AUTO, "")) {
      assertThat(texts(corpus)).containsExactly("first", "second\n\nstill second", "last");
      assertThat(corpus.bytes()).isEqualTo(29);
      assertThat(corpus.length(1)).isEqualTo(20);
      assertThat(corpus.file(0)).isEqualTo("a/z.txt");
      assertThat(corpus.file(2)).isEqualTo("d.txt");
    }
  }

  @Test
  void oneFileIsItsParagraphs() throws IOException {
    write("a.txt", "one\n\ntwo\nlines\n");
    try (Corpus corpus = Corpus.open(folder.resolve("a.txt"), DocumentUnit.AUTO, "")) {
      assertThat(texts(corpus)).containsExactly("one", "two\nlines");
    }
  }

  @Test
  void documentsNeverSpanFiles() throws IOException {
    write("a.txt", "1\n2");
    write("b.txt", "3\n");
    try (Corpus corpus = Corpus.open(folder, DocumentUnit.LINE, "")) {
      assertThat(texts(corpus)).containsExactly("1", "2", "3");
      assertThat(corpus.file(1)).isEqualTo("a.txt");
    }
  }

  @Test
  void gzipIsUnpackedOnceAndAgainWhenItChanges() throws IOException {
    Path packed = folder.resolve("a.txt.gz");
    writeGzip(packed, "one\ntwo\n");
    for (int time = 0; time < 2; time++) {
      try (Corpus corpus = Corpus.open(folder, DocumentUnit.LINE, "")) {
        assertThat(texts(corpus)).containsExactly("one", "two");
      }
      try (Stream<Path> cached = Files.list(cache)) {
        assertThat(cached).hasSize(1);
      }
    }
    writeGzip(packed, "quite another\n");
    try (Corpus corpus = Corpus.open(packed, DocumentUnit.LINE, "")) {
      assertThat(texts(corpus)).containsExactly("quite another");
    }
  }

  @Test
  void brokenGzipIsNamedAndLeavesNothingBehind() throws IOException {
    write("a.gz", "not packed");
    assertThatThrownBy(() -> Corpus.open(folder, DocumentUnit.AUTO, ""))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("a.gz", "is not a whole gzip file", "rename it");
    try (Stream<Path> cached = Files.list(cache)) {
      assertThat(cached).isEmpty();
    }
  }

  @Test
  void missingEmptyAndBlankTextsAreErrors() throws IOException {
    assertThatThrownBy(() -> Corpus.open(folder.resolve("no"), DocumentUnit.AUTO, ""))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("no file or folder", folder.resolve("no").toString());
    assertThatThrownBy(() -> Corpus.open(folder, DocumentUnit.AUTO, ""))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("it has no files in it");
    write("a", "");
    assertThatThrownBy(() -> Corpus.open(folder, DocumentUnit.AUTO, ""))
        .hasMessageContaining("all of its 1 files are empty");
    write("a", "\n\n");
    assertThatThrownBy(() -> Corpus.open(folder, DocumentUnit.LINE, ""))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("its 2 bytes are nothing but separators");
  }

  @Test
  void aCacheThatCannotBeWrittenSaysHowToMoveIt() throws IOException {
    write("taken", "a file where the cache should be");
    System.setProperty(CacheFolder.PROPERTY, folder.resolve("taken").toString());
    writeGzip(folder.resolve("a.gz"), "text");
    assertThatThrownBy(() -> Corpus.open(folder.resolve("a.gz"), DocumentUnit.FILE, ""))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("cannot unpack", "-Dcolubrid.cache=DIR");
  }

  @Test
  void smallFilesReadWithoutMappingAreTheSame() throws IOException {
    write("a", "0123456789");
    SourceFile file = new SourceFile("a", folder.resolve("a"), 10, null);
    assertThat(file.slice(3, 4).toArray(JAVA_BYTE)).isEqualTo("3456".getBytes(UTF_8));
    Files.writeString(folder.resolve("a"), "01");
    assertThatThrownBy(() -> file.slice(3, 4))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("it has shrunk from 10 bytes");
  }

  @Test
  void filesBeyondTwoGigabytesHaveLongOffsets() throws IOException {
    long far = 5L << 30;
    Path file = folder.resolve("sparse");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap("the end".getBytes(UTF_8)), far);
    }
    Files.writeString(folder.resolve("tail"), "next");
    try (Corpus corpus = Corpus.open(folder, DocumentUnit.FILE, "")) {
      assertThat(corpus.length(0)).isEqualTo(far + 7);
      assertThat(corpus.get(0).asSlice(far).toArray(JAVA_BYTE))
          .isEqualTo("the end".getBytes(UTF_8));
      assertThat(texts(new OneOf(corpus, 1))).containsExactly("next");
    }
  }

  private record OneOf(Documents all, long index) implements Documents {
    @Override
    public long size() {
      return 1;
    }

    @Override
    public long length(long ignored) {
      return all.length(index);
    }

    @Override
    public MemorySegment get(long ignored) {
      return all.get(index);
    }
  }

  @Test
  void fingerprintsTellTextsApart() throws IOException {
    write("a", "one\ntwo");
    long lines;
    try (Corpus corpus = Corpus.open(folder, DocumentUnit.LINE, "")) {
      lines = corpus.fingerprint();
    }
    try (Corpus corpus = Corpus.open(folder, DocumentUnit.FILE, "")) {
      assertThat(corpus.fingerprint()).isNotEqualTo(lines);
    }
    try (Corpus corpus = Corpus.open(folder, DocumentUnit.LINE, "")) {
      assertThat(corpus.fingerprint()).isEqualTo(lines);
    }
    write("b", "three");
    try (Corpus corpus = Corpus.open(folder, DocumentUnit.LINE, "")) {
      assertThat(corpus.fingerprint()).isNotEqualTo(lines);
    }
  }

  @Test
  void europarlIsTheBodiesOfItsLines() {
    try (Corpus corpus = Corpus.europarl()) {
      assertThat(corpus.size()).isEqualTo(17597);
      assertThat(corpus.bytes()).isBetween(18_000_000L, 20_000_000L);
      assertThat(texts(new OneOf(corpus, 0)).getFirst())
          .startsWith("Istituzioni europee proteggerlo in tutti i campi.");
    }
  }
}
