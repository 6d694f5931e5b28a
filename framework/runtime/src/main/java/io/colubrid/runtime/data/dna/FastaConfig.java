package io.colubrid.runtime.data.dna;

import io.colubrid.runtime.data.DataPath;
import io.colubrid.runtime.data.DataSource;
import io.colubrid.runtime.data.KeyChecks;
import io.colubrid.runtime.data.Measure;
import io.colubrid.runtime.data.Packing;
import io.colubrid.runtime.data.Task;
import io.colubrid.runtime.data.TokenConfig;
import io.colubrid.runtime.data.TokenData;
import io.colubrid.runtime.data.TokenSource;
import io.colubrid.runtime.data.Tokenizer;
import io.colubrid.runtime.data.Variation;
import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sequences of DNA in FASTA files.
 *
 * @param path the file or folder; {@code ~/} is the home folder
 * @param documentLength bases of a document at most, longer sequences are cut; 0 for whole ones
 * @param reverseComplement whether training sees every other document as the other strand has it
 * @param documentMarker the token in front of each document, or -1 for none
 * @param heldOut share of the documents to evaluate on, in [0, 1)
 * @param splitSeed decides which
 * @param heldOutBases bases that an evaluation predicts at most
 * @param packing how documents share a row
 */
public record FastaConfig(
    DataSource source,
    @Nullable String path,
    @Range(min = 0) long documentLength,
    boolean reverseComplement,
    @Range(min = -1, max = 5) int documentMarker,
    double heldOut,
    long splitSeed,
    @Positive long heldOutBases,
    Packing packing,
    int readAhead)
    implements TokenConfig {

  @Override
  public Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    KeyChecks.path(path, "source = fasta needs the file or folder to read", problems);
    if (documentLength > Integer.MAX_VALUE) {
      problems.put("document-length", "must be below 2^31, not " + documentLength);
    }
    KeyChecks.share(heldOut, problems);
    KeyChecks.readAhead(readAhead, problems);
    return problems;
  }

  @Override
  public FastaConfig absolute() {
    return new FastaConfig(
        source,
        DataPath.absolute(path),
        documentLength,
        reverseComplement,
        documentMarker,
        heldOut,
        splitSeed,
        heldOutBases,
        packing,
        readAhead);
  }

  @Override
  public Task task() {
    return Task.tokens(Measure.lower("bits per base", "bits / base"));
  }

  @Override
  public String description() {
    return "Bases of %s, %s, %.0f %% of them held out"
        .formatted(
            path,
            documentLength == 0
                ? "whole sequences"
                : "in pieces of at most %,d".formatted(documentLength),
            100 * heldOut);
  }

  @Override
  public Tokenizer tokenizer() {
    return new BaseTokenizer();
  }

  // The arena is the data's own, closed with them; shared because a prefetching thread reads too.
  @SuppressWarnings("MustBeClosedChecker")
  @Override
  public TokenData open() {
    requireUsable();
    Arena arena = Arena.ofShared();
    try {
      FastaDocuments documents =
          FastaDocuments.read(DataPath.of(Objects.requireNonNull(path)), documentLength, arena);
      Variation variation = reverseComplement ? new ReverseComplement() : Variation.NONE;
      TokenSource opened =
          new TokenSource(documents, variation, documents.fingerprint(), arena::close);
      return TokenData.open(opened, this, heldOutBases);
    } catch (RuntimeException | Error e) {
      if (arena.scope().isAlive()) {
        arena.close();
      }
      throw e;
    }
  }
}
