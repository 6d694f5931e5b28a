package io.colubrid.runtime.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KernelFileTest {
  private static final int SM_80 = 80;

  @TempDir private Path folder;

  /** Machine code for sm_80, of no bytes. */
  private static byte[] fatbin() {
    ByteBuffer bytes = ByteBuffer.allocate(80).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0xBA55ED50).putShort((short) 1).putShort((short) 16).putLong(64);
    bytes.putShort((short) 2).putShort((short) 257).putInt(64);
    return bytes.putInt(16 + 28, SM_80).array();
  }

  @Test
  void findsKernelsInAJarAndInAFolder() throws IOException {
    Path jar = folder.resolve("layers.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry("com/example/scan.fatbin"));
      out.write(fatbin());
      out.putNextEntry(new JarEntry("com/example/Scan.class"));
    }
    Path classes = Files.createDirectories(folder.resolve("classes/com/example"));
    Files.write(classes.resolve("scan.fatbin"), fatbin());

    for (Path place : List.of(jar, folder.resolve("classes"))) {
      List<KernelFile> found = KernelFile.in(place);
      assertThat(found).extracting(KernelFile::name).containsExactly("scan");
      assertThat(found.getFirst().fatbin()).hasToString("sm_80");
    }
  }

  @Test
  void saysWhatToDoWhereThereAreNoKernels() {
    GpuFindings told = GpuFindings.look(List.of());
    assertThat(told.findings())
        .filteredOn(finding -> finding.topic().equals("kernels"))
        .singleElement()
        .satisfies(finding -> assertThat(finding.advice()).contains("install nvcc of CUDA 13"));
    assertThat(told.verdict()).startsWith("The CPU can be used");
  }

  @Test
  void namesABrokenFileAndTheFrameworksOwnWhereTheyAreMissing() throws IOException {
    Files.write(folder.resolve("scan.fatbin"), Arrays.copyOf(fatbin(), 70));
    Files.write(folder.resolve("step.fatbin"), fatbin());

    List<Finding> told =
        GpuFindings.look(KernelFile.in(folder)).findings().stream()
            .filter(finding -> finding.topic().equals("kernels"))
            .toList();
    assertThat(told).hasSize(3);
    assertThat(told.get(0).found()).isEqualTo("none: this was built where there was no nvcc");
    assertThat(told.get(1)).isEqualTo(Finding.of("kernels", "for sm_80: step"));
    assertThat(told.get(2).found()).startsWith("scan of " + folder).contains("no whole fatbin");
    assertThat(told.get(2).advice()).contains("build that jar again");
  }
}
