package io.colubrid.runtime.data.dna;

import io.colubrid.runtime.data.ContentHash;
import io.colubrid.runtime.data.DataException;
import io.colubrid.runtime.data.Documents;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The sequences of FASTA files, one byte a base, in capitals and without the ends of their lines,
 * held in memory. Long ones are cut into pieces, each of which is a document.
 */
final class FastaDocuments implements Documents {
  private static final Set<String> SUFFIXES = Set.of("fa", "fasta", "fna", "ffn", "frn");
  private static final char HEADER = '>';
  private static final char COMMENT = ';';

  private final MemorySegment bases;
  private final List<Piece> pieces;

  private record Piece(long from, long to) {}

  private FastaDocuments(MemorySegment bases, List<Piece> pieces) {
    this.bases = bases;
    this.pieces = pieces;
  }

  /**
   * Reads a file, or all files of a folder that end as FASTA files do; those that end in {@code
   * .gz} are unpacked.
   *
   * @param longest bases of a document at most; 0 for whole sequences
   * @throws DataException naming file and line where it is no FASTA
   */
  static FastaDocuments read(Path path, long longest, Arena arena) {
    Reading reading = new Reading();
    for (Path file : files(path)) {
      reading.file(file);
    }
    List<Piece> pieces = new ArrayList<>();
    for (Piece record : reading.records) {
      long step = longest == 0 ? record.to() - record.from() : longest;
      for (long from = record.from(); from < record.to(); from += step) {
        pieces.add(new Piece(from, Math.min(from + step, record.to())));
      }
    }
    MemorySegment bases = arena.allocate(reading.bases.length());
    reading.bases.copyTo(bases);
    return new FastaDocuments(bases.asReadOnly(), pieces);
  }

  private static List<Path> files(Path path) {
    if (!Files.exists(path)) {
      throw new DataException(
          "no file or folder '%s' (looked for %s); check the data's path"
              .formatted(path, path.toAbsolutePath()));
    }
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> all = Files.walk(path)) {
      List<Path> found = all.filter(FastaDocuments::isFasta).sorted().toList();
      if (found.isEmpty()) {
        throw new DataException(
            "'%s' holds no file that ends in .fa, .fasta or .fna, plain or with .gz"
                .formatted(path));
      }
      return found;
    } catch (IOException | UncheckedIOException e) {
      throw new DataException("cannot list the folder '%s': %s".formatted(path, e.getMessage()), e);
    }
  }

  private static boolean isFasta(Path file) {
    String name =
        String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).replaceAll("\\.gz$", "");
    return SUFFIXES.contains(name.substring(name.lastIndexOf('.') + 1))
        && Files.isRegularFile(file);
  }

  /** Gathers the records of several files. */
  private static final class Reading {
    private final ByteColumn bases = new ByteColumn();
    private final List<Piece> records = new ArrayList<>();

    void file(Path file) {
      boolean packed = file.toString().endsWith(".gz");
      try (InputStream plain = Files.newInputStream(file);
          InputStream in = packed ? new GZIPInputStream(plain, 1 << 16) : plain;
          BufferedReader lines =
              new BufferedReader(new InputStreamReader(in, StandardCharsets.ISO_8859_1))) {
        lines(file, lines);
      } catch (ZipException | EOFException e) {
        throw new DataException(
            "'%s' is not a whole gzip file (%s); fetch it again".formatted(file, e.getMessage()),
            e);
      } catch (IOException e) {
        throw new DataException("cannot read '%s': %s".formatted(file, e), e);
      }
    }

    private void lines(Path file, BufferedReader lines) throws IOException {
      int number = 0;
      int header = 0;
      long begin = bases.length();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (!line.isEmpty() && line.charAt(0) == HEADER) {
          end(file, header, begin);
          header = number;
          begin = bases.length();
        } else if (!line.isBlank() && line.charAt(0) != COMMENT) {
          if (header == 0) {
            throw new DataException(
                "%s: %d: expected a header that begins with '>' before the first sequence"
                    .formatted(file, number));
          }
          sequence(line.strip(), file, number);
        }
      }
      if (header == 0) {
        throw new DataException("'%s' has no sequence in it".formatted(file));
      }
      end(file, header, begin);
    }

    private void end(Path file, int header, long begin) {
      if (header > 0 && begin == bases.length()) {
        throw new DataException(
            "%s: %d: this header has no sequence behind it".formatted(file, header));
      }
      if (header > 0) {
        records.add(new Piece(begin, bases.length()));
      }
    }

    private void sequence(String line, Path file, int number) {
      for (int i = 0; i < line.length(); i++) {
        int token = BaseTokenizer.token((byte) line.charAt(i));
        if (token < 0) {
          throw new DataException(
              "%s: %d: '%c' stands for no base; expected A, C, G, T, N or another letter of nucleotides"
                  .formatted(file, number, line.charAt(i)));
        }
        bases.add((byte) BaseTokenizer.BASES.charAt(token - 1));
      }
    }
  }

  /** Changes if a base does. */
  long fingerprint() {
    return ContentHash.of(bases, pieces.size());
  }

  @Override
  public long size() {
    return pieces.size();
  }

  @Override
  public long length(long index) {
    Piece piece = pieces.get(Math.toIntExact(index));
    return piece.to() - piece.from();
  }

  @Override
  public MemorySegment get(long index) {
    Piece piece = pieces.get(Objects.checkIndex(Math.toIntExact(index), pieces.size()));
    return bases.asSlice(piece.from(), piece.to() - piece.from());
  }
}
