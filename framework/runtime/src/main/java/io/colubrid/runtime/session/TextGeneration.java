package io.colubrid.runtime.session;

import io.colubrid.runtime.data.ByteTokenizer;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.generation.Sampler;
import io.colubrid.runtime.generation.Sampling;
import io.colubrid.runtime.training.TrainedModel;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
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
    int marker = model.spec().data().documentMarker();
    int[] tokens = tokens(prompt, marker);
    Sampler sampler = new Sampler(sampling);
    ByteTokenizer tokenizer = new ByteTokenizer();
    try (Generator generator = model.generator((long) tokens.length + most)) {
      for (int token : tokens) {
        sampler.saw(token);
      }
      out.write(prompt.getBytes(StandardCharsets.UTF_8));
      generator.generate(
          generator.read(tokens),
          sampler,
          most,
          token -> token != marker && print(tokenizer.bytes(token), out));
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

  private static int[] tokens(String prompt, int marker) {
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
    for (int i = 0; i < bytes.length; i++) {
      tokens[front + i] = Byte.toUnsignedInt(bytes[i]);
    }
    return tokens;
  }
}
