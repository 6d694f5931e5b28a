package io.colubrid.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.backend.Hardware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunRecordTest {
  @TempDir Path folder;

  private static final RunRecord RECORD =
      new RunRecord(
          "0.1.0",
          "abc",
          Map.of("mamba", "0.1.0", "moe", "0.2.0"),
          "25+36, Temurin",
          "Linux 6 amd64",
          "Xeon",
          2,
          2,
          512,
          "OpenBLAS 0.3.31",
          "cpu",
          "cpu");
  private static final Hardware HERE = new Hardware("cpu", "cpu", 2, 512, "OpenBLAS");

  @Test
  void thisProcessKnowsItsVersionAndMachine() {
    RunRecord record = RunRecord.ofThisProcess(HERE, Map.of());
    assertThat(record.version()).matches("\\d+\\.\\d+.*");
    assertThat(record.commit()).isNotEmpty().doesNotContain("$");
    assertThat(record.jdk()).contains(System.getProperty("java.vm.version"));
    assertThat(record.os()).doesNotContain("null");
    assertThat(record.cores()).isPositive();
    assertThat(record.differences(RunRecord.ofThisProcess(HERE, Map.of()))).isEmpty();
  }

  @Test
  void readsBackWhatItWrote() throws IOException {
    Path file = folder.resolve(RunRecord.FILE_NAME);
    RECORD.write(file);
    assertThat(RunRecord.read(file)).isEqualTo(RECORD);
    Files.writeString(file, "{");
    assertThatThrownBy(() -> RunRecord.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file + ": expected a run record");
  }

  @Test
  void aRecordThatNamesNoDeviceIsOfTheProcessor() throws IOException {
    Path file = folder.resolve(RunRecord.FILE_NAME);
    String json = RECORD.toJson().replaceAll(",\\s*\"device(Kind|Name)\" : \"cpu\"", "");
    assertThat(json).doesNotContain("device");
    Files.writeString(file, json);
    assertThat(RunRecord.read(file)).isEqualTo(RECORD);
  }

  @Test
  void everyDifferenceIsASentence() {
    RunRecord other =
        new RunRecord(
            "0.2.0",
            "def",
            Map.of("mamba", "0.1.0", "vision", "0.1.0"),
            "26, Temurin",
            "Linux 7 amd64",
            "EPYC",
            8,
            4,
            256,
            "pure Java",
            "cuda",
            "H100");
    assertThat(other.differences(RECORD))
        .containsExactly(
            "Colubrid was 0.1.0 and is now 0.2.0",
            "the commit was abc and is now def",
            "the plugin moe was 0.2.0 and is now absent",
            "the plugin vision was absent and is now 0.1.0",
            "the JDK was 25+36, Temurin and is now 26, Temurin",
            "the operating system was Linux 6 amd64 and is now Linux 7 amd64",
            "the processor was Xeon and is now EPYC",
            "the number of cores was 2 and is now 8",
            "the number of threads was 2 and is now 4",
            "the vector width in bits was 512 and is now 256",
            "the BLAS library was OpenBLAS 0.3.31 and is now pure Java",
            "the device was cpu and is now cuda (H100)");
  }

  @Test
  void theProcessorIsUnknownWhereNothingNamesIt() throws IOException {
    assertThat(RunRecord.cpuModel(folder.resolve("none"))).isEqualTo("unknown");
    Path info = Files.writeString(folder.resolve("cpuinfo"), "processor : 0\n");
    assertThat(RunRecord.cpuModel(info)).isEqualTo("unknown");
    Files.writeString(info, "processor : 0\nmodel name\t: Xeon(R): Gold\n");
    assertThat(RunRecord.cpuModel(info)).isEqualTo("Xeon(R): Gold");
  }
}
