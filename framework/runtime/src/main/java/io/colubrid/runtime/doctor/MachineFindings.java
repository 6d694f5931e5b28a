package io.colubrid.runtime.doctor;

import io.colubrid.engine.backend.Hardware;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.machine.VectorApi;
import io.colubrid.runtime.run.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The JVM, the processor and what computes on it. */
final class MachineFindings {
  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final String NATIVE_BLAS = "OpenBLAS";

  private MachineFindings() {}

  static List<Finding> all() {
    try (CpuBackend cpu = new CpuBackend()) {
      Hardware hardware = cpu.hardware();
      RunRecord record = RunRecord.ofThisProcess(hardware, Map.of());
      return List.of(
          Finding.of("system", record.os()),
          Finding.of("JDK", record.jdk() + ", in " + System.getProperty("java.home")),
          Finding.of("memory", memory()),
          Finding.of(
              "CPU",
              "%s, %d cores, %d threads compute"
                  .formatted(record.cpu(), record.cores(), hardware.threads())),
          vectors(hardware.vectorBits()),
          blas(hardware.blas()));
    }
  }

  private static Finding vectors(int bits) {
    String reason = VectorApi.reasonAgainst();
    return reason == null
        ? Finding.of("vectors", bits + " bits, by the JDK's Vector API")
        : new Finding(
            "vectors",
            "kernels compute in scalars, many times slower: " + reason,
            "use a JDK with the module jdk.incubator.vector, on a processor with AVX2 or NEON,"
                + " and set no -Dcolubrid.vector");
  }

  private static Finding blas(String name) {
    return name.equals(NATIVE_BLAS)
        ? Finding.of("BLAS", name)
        : new Finding(
            "BLAS",
            name + ", several times slower than " + NATIVE_BLAS,
            "OpenBLAS comes with Colubrid for linux-x86_64 alone; there, see the warning above and"
                + " set no -Dcolubrid.blas");
  }

  private static String memory() {
    String heap = "heap of the JVM up to %.1f GB".formatted(Runtime.getRuntime().maxMemory() / 1e9);
    Optional<Double> total = gigabytes("MemTotal:");
    Optional<Double> available = gigabytes("MemAvailable:");
    return total.isPresent() && available.isPresent()
        ? "%.1f GB, of which %.1f are available; %s".formatted(total.get(), available.get(), heap)
        : heap;
  }

  /** A line such as {@code MemTotal: 24689640 kB}; empty where the system tells nothing. */
  private static Optional<Double> gigabytes(String name) {
    if (!Files.isReadable(MEMORY)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(MEMORY)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e9)
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
