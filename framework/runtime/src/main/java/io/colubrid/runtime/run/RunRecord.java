package io.colubrid.runtime.run;

import io.colubrid.engine.backend.Hardware;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the bits of a run depend on besides its config and data. Equal records promise equal bits;
 * different ones only that training goes on.
 *
 * @param version of the project, and {@code commit} it was built from or {@code unknown}
 * @param plugins version by plugin name
 * @param jdk version and vendor
 * @param os name, version and architecture
 * @param cpu the processor's model
 * @param cores the JVM may use
 * @param threads that kernels divide their work by
 * @param vectorBits width of the preferred vector species, 0 for the scalar fallback
 * @param blas name and version of the matrix product's library
 * @param deviceKind {@code cpu} or {@code cuda}
 * @param deviceName the GPU's product; {@code cpu} for the processor
 */
public record RunRecord(
    String version,
    String commit,
    Map<String, String> plugins,
    String jdk,
    String os,
    String cpu,
    int cores,
    int threads,
    int vectorBits,
    String blas,
    String deviceKind,
    String deviceName) {
  public static final String FILE_NAME = "run-record.json";

  static final String UNKNOWN = "unknown";

  private static final String BUILD = "/io/colubrid/runtime/build.properties";
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public RunRecord {
    // Records of runs that were begun before there were GPUs name no device.
    deviceKind = Objects.requireNonNullElse(deviceKind, "cpu");
    deviceName = Objects.requireNonNullElse(deviceName, "cpu");
    plugins = Collections.unmodifiableMap(new TreeMap<>(plugins));
  }

  /** The record of this process; the parameters are what only its caller knows. */
  public static RunRecord ofThisProcess(Hardware device, Map<String, String> plugins) {
    Properties build = build();
    return new RunRecord(
        build.getProperty("version", UNKNOWN),
        build.getProperty("commit", UNKNOWN),
        plugins,
        System.getProperty("java.vm.version") + ", " + System.getProperty("java.vendor"),
        Stream.of("os.name", "os.version", "os.arch")
            .map(System::getProperty)
            .reduce((a, b) -> a + " " + b)
            .orElse(UNKNOWN),
        cpuModel(CPU_INFO),
        Runtime.getRuntime().availableProcessors(),
        device.threads(),
        device.vectorBits(),
        device.blas(),
        device.kind(),
        device.name());
  }

  private static Properties build() {
    Properties build = new Properties();
    try (InputStream in = RunRecord.class.getResourceAsStream(BUILD)) {
      if (in != null) {
        build.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(BUILD + " inside the jar is not readable", e);
    }
    return build;
  }

  static String cpuModel(Path cpuInfo) {
    if (!Files.isReadable(cpuInfo)) {
      return UNKNOWN;
    }
    try (Stream<String> lines = Files.lines(cpuInfo)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(UNKNOWN);
    } catch (IOException e) {
      throw new UncheckedIOException(cpuInfo + " is not readable", e);
    }
  }

  /** Whether the processor computed, rather than a GPU. */
  public boolean computedOnProcessor() {
    return deviceKind.equals("cpu");
  }

  /** A sentence for each thing that is not as it was in an earlier record; empty if all is. */
  public List<String> differences(RunRecord earlier) {
    List<String> sentences = new ArrayList<>();
    differ(sentences, "Colubrid", earlier.version, version);
    differ(sentences, "the commit", earlier.commit, commit);
    TreeSet<String> names = new TreeSet<>(plugins.keySet());
    names.addAll(earlier.plugins.keySet());
    for (String name : names) {
      String before = earlier.plugins.getOrDefault(name, "absent");
      differ(sentences, "the plugin " + name, before, plugins.getOrDefault(name, "absent"));
    }
    differ(sentences, "the JDK", earlier.jdk, jdk);
    differ(sentences, "the operating system", earlier.os, os);
    differ(sentences, "the processor", earlier.cpu, cpu);
    differ(sentences, "the number of cores", earlier.cores, cores);
    differ(sentences, "the number of threads", earlier.threads, threads);
    differ(sentences, "the vector width in bits", earlier.vectorBits, vectorBits);
    differ(sentences, "the BLAS library", earlier.blas, blas);
    differ(sentences, "the device", earlier.device(), device());
    return sentences;
  }

  private String device() {
    return deviceKind.equals(deviceName) ? deviceKind : deviceKind + " (" + deviceName + ")";
  }

  private static void differ(List<String> sentences, String what, Object before, Object now) {
    if (!Objects.equals(before, now)) {
      sentences.add("%s was %s and is now %s".formatted(what, before, now));
    }
  }

  /** Writes the record into a run folder. */
  public void write(Path file) throws IOException {
    Files.writeString(file, toJson());
  }

  public String toJson() {
    return MAPPER.writeValueAsString(this) + "\n";
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IOException if the file is not there or is no such record
   */
  public static RunRecord read(Path file) throws IOException {
    try {
      return MAPPER.readValue(Files.readAllBytes(file), RunRecord.class);
    } catch (JacksonException e) {
      throw new IOException(file + ": expected a run record: " + e.getOriginalMessage(), e);
    }
  }
}
