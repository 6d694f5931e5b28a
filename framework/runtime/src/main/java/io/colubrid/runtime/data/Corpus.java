package io.colubrid.runtime.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Documents in files, which may be larger than memory: the files are mapped and only the places of
 * the documents are kept, off the heap, at 16 bytes a document.
 *
 * <p>The bytes of a document may be read from any thread until the corpus is closed.
 */
public final class Corpus implements Documents, AutoCloseable {
  private final Arena arena;
  private final String name;
  private final List<SourceFile> files;
  private final LongColumn fileStarts;
  private final LongColumn starts;
  private final LongColumn ends;
  private long bytes;

  private Corpus(Arena arena, String name, List<SourceFile> files) {
    this.arena = arena;
    this.name = name;
    this.files = files;
    this.fileStarts = new LongColumn(arena);
    this.starts = new LongColumn(arena);
    this.ends = new LongColumn(arena);
  }

  /**
   * Opens a file, or every file below a folder in the order of their names. Hidden files are
   * skipped and those that end in {@code .gz} are unpacked into the cache folder first.
   *
   * @param unit what a document is
   * @param separator what stands between documents if unit is {@link DocumentUnit#SEPARATOR}, else
   *     empty
   * @throws DataException if the path is missing or unreadable, or no document is found
   */
  public static Corpus open(Path path, DocumentUnit unit, String separator) {
    return open(path.toString(), path, unit, separator);
  }

  /**
   * The Europarl text of Lucene's test framework: 17,597 speeches in 21 languages, about 1 kB each.
   *
   * @throws DataException if it is not on the class path or cannot be unpacked into the cache
   *     folder
   */
  public static Corpus europarl() {
    return open("europarl", Europarl.file(CacheFolder.standard()), DocumentUnit.LINE, "");
  }

  // The arena is the corpus's own, closed with it; shared because a prefetching thread reads it
  // too.
  @SuppressWarnings("MustBeClosedChecker")
  private static Corpus open(String name, Path path, DocumentUnit unit, String separator) {
    Arena arena = Arena.ofShared();
    try {
      List<SourceFile> files = new SourceFiles(CacheFolder.standard()).under(path, arena);
      Corpus corpus = new Corpus(arena, name, files);
      corpus.index(unit.boundary(separator, files.size()));
      return corpus;
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private void index(Boundary boundary) {
    long base = 0;
    for (SourceFile file : files) {
      fileStarts.add(base);
      if (boundary.readsText()) {
        long start = base;
        boundary.scan(file.slice(0, file.size()), (from, to) -> add(start + from, start + to));
      } else {
        add(base, base + file.size());
      }
      base += file.size();
    }
    if (starts.size() == 0) {
      throw new DataException(
          "no document in '%s': its %d bytes are nothing but separators; set another unit of documents"
              .formatted(name, base));
    }
  }

  private void add(long start, long end) {
    starts.add(start);
    ends.add(end);
    bytes += end - start;
  }

  /** What the data was opened as. */
  public String name() {
    return name;
  }

  /** Bytes of all documents. */
  public long bytes() {
    return bytes;
  }

  /**
   * The name of the file, below the path that was opened, in which document {@code index} stands.
   */
  public String file(long index) {
    return files.get(Math.toIntExact(fileStarts.floor(starts.get(index)))).name();
  }

  /**
   * A number that changes if a file is added, renamed, or changes its length, or if documents are
   * cut in another way; a resumed run compares it before it trusts its {@link DataPosition}.
   */
  public long fingerprint() {
    long hash = ContentHash.mix(starts.size()) ^ ContentHash.mix(~bytes);
    for (SourceFile file : files) {
      hash = ContentHash.mix(hash ^ ContentHash.of(file.name()) ^ ContentHash.mix(file.size()));
    }
    return hash;
  }

  @Override
  public long size() {
    return starts.size();
  }

  @Override
  public long length(long index) {
    return ends.get(index) - starts.get(index);
  }

  @Override
  public MemorySegment get(long index) {
    Objects.checkIndex(index, size());
    long start = starts.get(index);
    long file = fileStarts.floor(start);
    return files
        .get(Math.toIntExact(file))
        .slice(start - fileStarts.get(file), ends.get(index) - start);
  }

  /** Unmaps the files; their documents must not be touched any more. */
  @Override
  public void close() {
    arena.close();
  }
}
