package io.colubrid.runtime.training;

import com.typesafe.config.ConfigOrigin;
import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.config.RecordKey;
import io.colubrid.runtime.data.DataShape;
import io.colubrid.runtime.model.LayerNode;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;

/** Tells where a model's ends do not fit the data, before anything runs. */
public final class EndsFit {
  private final RunSpec spec;
  private final Model model;
  private final DataShape shape;
  private final Problems problems = new Problems();

  private EndsFit(RunSpec spec, Model model, DataShape shape) {
    this.spec = spec;
    this.model = model;
    this.shape = shape;
  }

  /**
   * @throws io.colubrid.runtime.config.ConfigProblemsException naming the stem's or the head's line
   */
  public static void require(RunSpec spec, Model model, DataShape shape) {
    EndsFit fit = new EndsFit(spec, model, shape);
    fit.types();
    if (fit.problems.isEmpty()) {
      fit.sizes();
    }
    fit.problems.throwIfAny();
  }

  private void types() {
    long batch = spec.train().batch();
    long length = spec.train().length();
    TensorType input = shape.input(batch, length);
    TensorType taken = model.stem().input(batch, length);
    if (!taken.equals(input)) {
      add(
          spec.graph().stem(),
          "takes %s, but %s gives %s: %s; name other data, or another stem"
              .formatted(taken, source(), input, shape.words()));
    }
    TensorType target = shape.target(batch, length);
    TensorType answered = model.head().target(batch, length);
    if (!answered.equals(target)) {
      add(
          spec.graph().head(),
          "learns from targets %s, but %s gives %s: %s; name other data, or another head"
              .formatted(answered, source(), target, shape.words()));
    }
  }

  private void sizes() {
    switch (shape) {
      case DataShape.Tokens tokens -> vocabulary(tokens.vocabulary());
      case DataShape.Images images -> classes(images.classes());
      case DataShape.Series series -> {
        // The targets' type says it all.
      }
    }
  }

  private void vocabulary(int vocabulary) {
    model.parameters().stream()
        .filter(parameter -> parameter.path().equals(Model.STEM + ".weight"))
        .map(parameter -> parameter.shape().dim(0))
        .filter(rows -> rows < vocabulary)
        .forEach(rows -> add(spec.graph().stem(), tokens("knows", rows, vocabulary)));
    long scored = scores();
    if (scored < vocabulary) {
      add(spec.graph().head(), tokens("scores", scored, vocabulary));
    }
  }

  private String tokens(String verb, long found, int vocabulary) {
    return "%s %d tokens, but %s has %d; set vocabulary = %d"
        .formatted(verb, found, source(), vocabulary, vocabulary);
  }

  private void classes(int classes) {
    long scored = scores();
    if (scored != classes) {
      add(
          spec.graph().head(),
          "scores %d classes, but %s has %d; set classes = %d"
              .formatted(scored, source(), classes, classes));
    }
  }

  /** How many scores the head gives, found by a pass over sizes alone. */
  private long scores() {
    try (Backend backend = CpuBackend.meta()) {
      Precision precision = Precision.valueOf(spec.graph().config().precision().name());
      ParameterStore store = new ParameterStore(backend.memory(), precision, model.parameters());
      Recorder recorder = new Recorder(store, Recorder.Bodies.FAST, false);
      ModelPass pass =
          new ModelPass(recorder, false, RowSequences.dense(), null, new PassObserver() {});
      TensorType type = model.stem().input(1, spec.train().length());
      Value input = recorder.external(backend.memory().allocate("input", type.bytes()), type);
      Tensor scores = model.logits(model.hidden(input, pass), pass);
      return scores.dim(-1);
    }
  }

  private String source() {
    return "data.source = " + RecordKey.constant(spec.data().source());
  }

  private void add(LayerNode end, String message) {
    ConfigOrigin origin = end.source().origin();
    problems.add(origin, end.place(), end.type() + " " + message);
  }
}
