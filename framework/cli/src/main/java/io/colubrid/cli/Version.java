package io.colubrid.cli;

import io.colubrid.runtime.session.Build;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"colubrid " + Build.version() + ", Java " + Runtime.version()};
  }
}
