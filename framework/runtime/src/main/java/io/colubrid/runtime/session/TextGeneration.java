package io.colubrid.runtime.session;

import io.colubrid.runtime.data.TokenConfig;
import io.colubrid.runtime.data.Tokenizer;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.generation.Sampling;
import io.colubrid.runtime.training.TrainedModel;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Streams a model's continuation of a prompt. */
public final class TextGeneration {
  private TextGeneration() {}

  /**
   * Writes the prompt and its continuation as they come. A document's marker stands in front of the
   * prompt, as in training, and ends the text when it is drawn.
   */
  public static void write(
      TrainedModel model, String prompt, int most, Sampling sampling, OutputStream out)
      throws IOException {
    if (!(model.spec().data() instanceof TokenConfig text)) {
      throw new UnsupportedOperationException(
          "the model was trained on %ss, not on tokens, so it cannot generate"
              .formatted(model.spec().data().task().unit().word()));
    }
    int marker = text.documentMarker();
    Tokenizer tokenizer = text.tokenizer();
    int[] tokens = tokens(prompt, marker, tokenizer);
    try (Generator generator = model.generator((long) tokens.length + most)) {
      out.write(prompt.getBytes(StandardCharsets.UTF_8));
      generator.generate(
          tokens, sampling, most, token -> token != marker && print(tokenizer.bytes(token), out));
    }
    out.write('\n');
    out.flush();
  }

  private static boolean print(byte[] bytes, OutputStream out) {
    try {
      out.write(bytes);
      out.flush();
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int[] tokens(String prompt, int marker, Tokenizer tokenizer) {
    byte[] bytes = prompt.getBytes(StandardCharsets.UTF_8);
    int front = marker >= 0 ? 1 : 0;
    if (front + bytes.length == 0) {
      throw new IllegalArgumentException(
          "--prompt is empty, and the run has no document-marker to begin with");
    }
    int[] tokens = new int[front + bytes.length];
    if (front > 0) {
      tokens[0] = marker;
    }
    tokenizer.encode(
        MemorySegment.ofArray(bytes), 0, bytes.length, MemorySegment.ofArray(tokens), front);
    return tokens;
  }
}
