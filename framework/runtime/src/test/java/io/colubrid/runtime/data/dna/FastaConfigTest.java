package io.colubrid.runtime.data.dna;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.runtime.data.DataException;
import io.colubrid.runtime.data.DataPosition;
import io.colubrid.runtime.data.DataShape;
import io.colubrid.runtime.data.DataSource;
import io.colubrid.runtime.data.Documents;
import io.colubrid.runtime.data.Packing;
import io.colubrid.runtime.data.TokenBatch;
import io.colubrid.runtime.data.TokenBatches;
import io.colubrid.runtime.data.TokenData;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FastaConfigTest {
  @TempDir Path folder;

  private static FastaConfig config(Path path, long length, boolean otherStrand, double heldOut) {
    return new FastaConfig(
        DataSource.FASTA,
        path.toString(),
        length,
        otherStrand,
        0,
        heldOut,
        0,
        1 << 20,
        Packing.PACKED,
        3);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("genome.fna"), text);
  }

  private static List<String> texts(Documents documents) {
    List<String> texts = new ArrayList<>();
    for (long i = 0; i < documents.size(); i++) {
      texts.add(new String(documents.get(i).toArray(JAVA_BYTE), US_ASCII));
    }
    return texts;
  }

  @Test
  void recordsOfSeveralLinesAreJoinedAndCutIntoPieces() throws IOException {
    Path file = write(">one first\nACGT\nacgu\n\n>two\r\nNNRY\r\n-A\r\n");
    try (TokenData whole = config(file, 0, false, 0).open();
        TokenData pieces = config(file, 3, false, 0).open()) {
      assertThat(texts(whole.documents())).containsExactly("ACGTACGT", "NNNNNA");
      assertThat(texts(pieces.documents())).containsExactly("ACG", "TAC", "GT", "NNN", "NNA");
      assertThat(whole.shape()).isEqualTo(new DataShape.Tokens(6));
      assertThat(whole.fingerprint()).isNotEqualTo(pieces.fingerprint());
    }
  }

  @Test
  void packedFilesAndFoldersAreReadAsWell() throws IOException {
    write(">a\nACGT\n");
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("more.fa.gz")))) {
      out.write(">b\nTTTT\n".getBytes(US_ASCII));
    }
    Files.writeString(folder.resolve("readme.txt"), "no sequence");
    try (TokenData data = config(folder, 0, false, 0).open()) {
      assertThat(texts(data.documents())).containsExactly("ACGT", "TTTT");
    }
  }

  @Test
  void brokenFilesAreToldByLine() throws IOException {
    assertRefused("ACGT\n", "genome.fna: 1:", "begins with '>'");
    assertRefused(">a\nACGT\nAC!T\n", "genome.fna: 3:", "'!' stands for no base");
    assertRefused(">a\n>b\nACGT\n", "genome.fna: 1:", "no sequence behind it");
    assertRefused(">a\nACGT\n>b\n", "genome.fna: 3:", "no sequence behind it");
    assertRefused("", "has no sequence in it");
    Files.write(folder.resolve("genome.fna.gz"), new byte[] {1, 2, 3});
    assertThatThrownBy(() -> config(folder.resolve("genome.fna.gz"), 0, false, 0).open().close())
        .isInstanceOf(DataException.class)
        .hasMessageContaining("genome.fna.gz");
    assertThatThrownBy(() -> config(folder.resolve("nowhere"), 0, false, 0).open().close())
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nowhere");
  }

  private void assertRefused(String text, String... parts) throws IOException {
    Path file = write(text);
    assertThatThrownBy(() -> config(file, 0, false, 0).open().close())
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void theOtherStrandIsReadBackwardsAndTwiceIsNothing() {
    MemorySegment bases = MemorySegment.ofArray("AACGTN".getBytes(US_ASCII));
    MemorySegment other = ReverseComplement.otherStrand(bases);
    assertThat(new String(other.toArray(JAVA_BYTE), US_ASCII)).isEqualTo("NACGTT");
    assertThat(ReverseComplement.otherStrand(other).mismatch(bases)).isEqualTo(-1);
  }

  @Test
  void trainingSeesBothStrandsAndGoesOnFromAnyPosition() throws IOException {
    Random random = new Random(3);
    StringBuilder text = new StringBuilder(">long\n");
    for (int i = 0; i < 400; i++) {
      text.append("AAAACCCCCCGT".charAt(random.nextInt(12)));
    }
    Path file = write(text.append('\n').toString());
    try (TokenData data = config(file, 40, true, 0.1).open();
        Arena arena = Arena.ofConfined()) {
      TokenBatches stream = data.training(16, 5);
      TokenBatch batch = stream.allocate(arena, 3);
      int[] counts = new int[6];
      List<DataPosition> positions = new ArrayList<>();
      List<int[]> read = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        positions.add(stream.position());
        stream.fill(batch);
        int[] ids = batch.ids().toArray(JAVA_INT);
        read.add(ids);
        for (int id : ids) {
          counts[id]++;
        }
      }
      // A and C are many on one strand, T and G on the other.
      assertThat(counts[4]).isGreaterThan(counts[1] / 2);
      assertThat(counts[3]).isGreaterThan(counts[2] / 2);
      for (int i = 0; i < 40; i += 7) {
        TokenBatches resumed = data.training(16, 5);
        resumed.seek(positions.get(i));
        resumed.fill(batch);
        assertThat(batch.ids().toArray(JAVA_INT)).isEqualTo(read.get(i));
      }
    }
  }

  @Test
  void evaluationSeesSequencesAsTheyAre() throws IOException {
    Path file = write(">a\n" + "ACCCAACA".repeat(30) + "\n");
    try (TokenData data = config(file, 40, true, 0.4).open();
        Arena arena = Arena.ofConfined()) {
      var pass = data.heldOut(20);
      TokenBatch batch = pass.allocate(arena, 2);
      while (pass.next(batch)) {
        assertThat(batch.ids().toArray(JAVA_INT)).doesNotContain(3, 4, 5);
      }
      assertThat(pass.score().measure().key()).isEqualTo("held-out-bits-per-base");
    }
  }
}
