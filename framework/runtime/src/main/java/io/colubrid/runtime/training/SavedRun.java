package io.colubrid.runtime.training;

import io.colubrid.runtime.checkpoint.OwnCheckpoint;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.run.CheckpointDraft;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON beside a checkpoint's tensors: with the config it was trained by and where it stood, it
 * is all that another machine needs to go on.
 *
 * @param config the config, resolved
 * @param seed keys all random numbers, together with the step
 * @param optimizer type of the optimizer
 * @param state where it stood
 * @param data fingerprint of the text, in hexadecimal
 */
record SavedRun(String config, long seed, String optimizer, TrainingState state, String data) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  static SavedRun of(RunSpec spec, TrainingState state, String data) {
    return new SavedRun(
        spec.text(), spec.train().seed(), spec.train().optimizer().type(), state, data);
  }

  void write(CheckpointDraft draft, Trainer trainer) throws IOException {
    draft.write(RunFiles.MODEL, channel -> OwnCheckpoint.save(trainer.store(), channel));
    draft.write(
        RunFiles.OPTIMIZER,
        channel -> OwnCheckpoint.saveSlots(trainer.store(), trainer.optimizer().slots(), channel));
    draft.writeString(RunFiles.RUN, MAPPER.writeValueAsString(this) + "\n");
  }

  static SavedRun read(Path checkpoint) throws IOException {
    Path file = checkpoint.resolve(RunFiles.RUN);
    try {
      return MAPPER.readValue(Files.readAllBytes(file), SavedRun.class);
    } catch (JacksonException e) {
      throw new IOException(file + ": expected the JSON of a run: " + e.getOriginalMessage(), e);
    }
  }

  /** Reads a checkpoint's tensors into a trainer that was made by this run's spec. */
  void restore(Path checkpoint, Trainer trainer) throws IOException {
    try (StoredTensors model = StoredTensors.open(checkpoint.resolve(RunFiles.MODEL));
        StoredTensors slots = StoredTensors.open(checkpoint.resolve(RunFiles.OPTIMIZER))) {
      OwnCheckpoint.load(model, trainer.store());
      OwnCheckpoint.loadSlots(slots, trainer.store(), trainer.optimizer().slots());
    }
    trainer.resume(state);
  }
}
