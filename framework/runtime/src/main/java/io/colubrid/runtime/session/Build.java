package io.colubrid.runtime.session;

import io.colubrid.engine.backend.Hardware;
import io.colubrid.runtime.run.RunRecord;
import java.util.Map;

/** What was built. */
public final class Build {
  private Build() {}

  /** The project's version and the commit it was built from. */
  public static String version() {
    RunRecord record = RunRecord.ofThisProcess(new Hardware("", "", 1, 0, ""), Map.of());
    return record.version() + " (" + record.commit() + ")";
  }
}
