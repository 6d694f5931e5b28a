package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.NoSuchElementException;

/** The tensors of a checkpoint by name, whether they lie in one file or in shards. */
public interface StoredTensors extends AutoCloseable {
  /** What a folder's single file is called, by the convention of Hugging Face. */
  String FILE_NAME = "model.safetensors";

  /** What lists the shards of a folder that has several, by the same convention. */
  String INDEX_NAME = "model.safetensors.index.json";

  /** What PyTorch's own files are called where a folder has no safetensors. */
  String PYTORCH_NAME = "pytorch_model.bin";

  /**
   * Opens a safetensors file, a file of PyTorch's ({@code .bin}, {@code .pt} or {@code .pth}), or a
   * folder that holds {@link #INDEX_NAME}, {@link #FILE_NAME} or {@link #PYTORCH_NAME}.
   *
   * @throws CheckpointFormatException if anything in it breaks the format
   */
  static StoredTensors open(Path fileOrFolder) throws IOException {
    if (!Files.isDirectory(fileOrFolder)) {
      String name = fileOrFolder.toString();
      return name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth")
          ? PytorchFile.open(fileOrFolder)
          : SafetensorsFile.open(fileOrFolder);
    }
    Path index = fileOrFolder.resolve(INDEX_NAME);
    if (Files.exists(index)) {
      return ShardedSafetensors.open(SafetensorsIndex.read(index));
    }
    Path single = fileOrFolder.resolve(FILE_NAME);
    if (Files.exists(single)) {
      return SafetensorsFile.open(single);
    }
    Path pytorch = fileOrFolder.resolve(PYTORCH_NAME);
    if (Files.exists(pytorch)) {
      return PytorchFile.open(pytorch);
    }
    throw new CheckpointFormatException(
        fileOrFolder,
        "expected %s, %s or %s, found none of them".formatted(FILE_NAME, INDEX_NAME, PYTORCH_NAME));
  }

  /** All tensors, in the order of their data in the file or files. */
  Map<String, StoredTensor> tensors();

  /** The free-form {@code __metadata__} of the file, or of all shards together. */
  Map<String, String> metadata();

  /**
   * The tensor of that name.
   *
   * @throws NoSuchElementException if there is none
   */
  default StoredTensor tensor(String name) {
    StoredTensor tensor = tensors().get(name);
    if (tensor == null) {
      throw new NoSuchElementException(
          "no tensor " + name + " among the " + tensors().size() + " of " + this);
    }
    return tensor;
  }

  /** Unmaps the files; segments handed out before become inaccessible. */
  @Override
  void close();
}
