package io.colubrid.runtime.scaffold;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder from which Maven takes what was installed on this machine.
 *
 * @param folder such as {@code ~/.m2/repository}
 */
public record LocalRepository(Path folder) {
  /** Where Maven keeps it unless told otherwise. */
  public static LocalRepository usual() {
    return new LocalRepository(Path.of(System.getProperty("user.home"), ".m2", "repository"));
  }

  /** Whether all that a plugin is built and tested with is there. */
  public boolean holds(String version) {
    return Files.exists(jar("colubrid-spi", version))
        && Files.exists(jar("colubrid-nn", version))
        && Files.exists(jar("colubrid-testkit", version));
  }

  private Path jar(String artifact, String version) {
    return folder
        .resolve("io/colubrid")
        .resolve(artifact)
        .resolve(version)
        .resolve(artifact + "-" + version + ".jar");
  }
}
