package io.colubrid.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.checkpoint.CheckpointFormats;
import io.colubrid.runtime.checkpoint.ForeignModel;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.PluginLoader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models go back to where they were imported from as they came. */
final class ExportedOracleTest {
  private static final LayerRegistry REGISTRY = PluginLoader.load(List.of()).registry();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf-mamba",
        "hf-falcon-mamba",
        "hf-mamba2",
        "hf-mamba2-groups",
        "hf-llama",
        "hf-mistral-sliding",
        "hf-mixtral",
        "hf-jamba",
        "vim",
        "vmamba"
      })
  void whatIsExportedIsWhatWasImported(String name) throws IOException {
    Path original = OracleFolder.of(name).path();
    Path exported = folder.resolve(StoredTensors.FILE_NAME);
    Memory memory = Memory.tracingCpu();
    ForeignModel foreign = CheckpointFormats.read(original);
    try (StoredTensors tensors = StoredTensors.open(original);
        ParameterStore store =
            new ParameterStore(
                memory, Precision.F32, ModelBuilder.build(foreign.graph(REGISTRY)).parameters())) {
      foreign.rules().load(tensors, store);
      try (FileChannel channel =
          FileChannel.open(exported, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        foreign.rules().save(store, channel);
      }
      try (StoredTensors again = StoredTensors.open(exported)) {
        assertThat(again.tensors().keySet())
            .containsExactlyInAnyOrderElementsOf(tensors.tensors().keySet());
        tensors
            .tensors()
            .forEach(
                (tensor, before) -> {
                  assertThat(again.tensor(tensor).shape()).isEqualTo(before.shape());
                  assertThat(again.tensor(tensor).data().mismatch(before.data())).isEqualTo(-1);
                });
      }
    }
    memory.requireEmpty();
  }
}
