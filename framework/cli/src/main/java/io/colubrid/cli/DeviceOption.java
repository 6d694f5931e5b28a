package io.colubrid.cli;

import picocli.CommandLine.Option;

/** Where a command computes. */
final class DeviceOption {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "Where to compute: cpu, or cuda:N for a GPU (default: ${DEFAULT-VALUE}).")
  private String device = "cpu";

  String name() {
    return device;
  }
}
