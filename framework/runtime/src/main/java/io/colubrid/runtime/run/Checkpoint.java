package io.colubrid.runtime.run;

import java.nio.file.Path;
import java.util.List;

/**
 * A complete checkpoint on disk.
 *
 * @param folder holds the files its {@link CheckpointContent} wrote, and their checksums
 * @param passedOver a sentence for each newer checkpoint that is damaged; empty in the good case
 */
public record Checkpoint(long step, Path folder, List<String> passedOver) {}
