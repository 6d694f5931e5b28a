package io.colubrid.runtime.conformance;

import java.util.Collection;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/**
 * Checks a layer. The testkit brings it as a service, so that a command line can offer the checks
 * and still know the runtime alone.
 */
public interface ConformanceKit {
  /** Names of all properties, in the order in which they are best checked. */
  List<String> properties();

  /**
   * Some properties one after the other; each is checked when the stream comes to it.
   *
   * @param properties their names
   */
  Stream<PropertyResult> check(LayerSubject subject, Collection<String> properties);

  /**
   * The kit on the class path.
   *
   * @throws IllegalStateException if there is none
   */
  static ConformanceKit find() {
    return ServiceLoader.load(ConformanceKit.class, ConformanceKit.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no conformance kit is on the class path; add colubrid-testkit"));
  }
}
