package io.colubrid.runtime.verify;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.generation.Sampling;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Greedy continuations of a prompt. */
record Continuation(LoadedModel loaded, Oracle.Generation expected) {
  /** Runs the whole sequence again for every token. */
  GreedyTokens byRunningAgain() {
    List<Integer> tokens = new ArrayList<>(expected.tokens().subList(0, expected.prompt()));
    while (tokens.size() < expected.tokens().size()) {
      tokens.add(argMax(lastLogits(ints(tokens))));
    }
    return answer("the whole sequence run again", tokens);
  }

  /** Goes on from the layers' states. */
  GreedyTokens byStates() {
    List<Integer> tokens = new ArrayList<>(expected.tokens().subList(0, expected.prompt()));
    try (Generator generator =
        new Generator(loaded.backend(), loaded.model(), loaded.store(), expected.tokens().size())) {
      int wanted = expected.tokens().size() - expected.prompt();
      generator.generate(ints(tokens), Sampling.greedy(), wanted, tokens::add);
    }
    return answer("from the states", tokens);
  }

  private GreedyTokens answer(String how, List<Integer> tokens) {
    return new GreedyTokens(how, expected.prompt(), expected.tokens(), tokens);
  }

  private double[] lastLogits(int[] tokens) {
    TensorType type = TensorType.i32(1, tokens.length);
    Recorder recorder = new Recorder(loaded.store(), loaded.bodies(), false);
    try (Storage ids = loaded.tokens("ids", type, tokens)) {
      ModelPass pass =
          new ModelPass(recorder, false, RowSequences.dense(), null, new PassObserver() {});
      Value logits = (Value) loaded.model().next(recorder.external(ids, type), pass);
      try (Executable executable =
          loaded
              .backend()
              .prepare("greedy pass", loaded.backend().finish(recorder, List.of(logits)))) {
        executable.run();
        return LoadedModel.read(executable, logits);
      }
    }
  }

  private static int argMax(double[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  private static int[] ints(List<Integer> tokens) {
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }
}
