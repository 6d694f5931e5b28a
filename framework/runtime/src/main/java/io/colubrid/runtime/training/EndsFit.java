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
  private final Problems problems;

  private EndsFit(RunSpec spec, Model model, DataShape shape, Problems problems) {
    this.spec = spec;
    this.model = model;
    this.shape = shape;
    this.problems = problems;
  }

  /** Adds which ends take other types than data give that are not open yet. */
  static void checkTypes(RunSpec spec, Model model, Problems problems) {
    spec.data().knownShape().ifPresent(shape -> new EndsFit(spec, model, shape, problems).types());
  }

  /**
   * Adds which ends are of another size. A model of tokens is passed over, since it may be planned
   * with no data but the default ones.
   */
  static void checkSizes(RunSpec spec, Model model, Problems problems) {
    spec.data()
        .knownShape()
        .filter(shape -> !(shape instanceof DataShape.Tokens))
        .ifPresent(shape -> new EndsFit(spec, model, shape, problems).sizes());
  }

  /**
   * @throws io.colubrid.runtime.config.ConfigProblemsException naming the stem's or the head's line
   */
  public static void require(RunSpec spec, Model model, DataShape shape) {
    Problems problems = new Problems();
    EndsFit fit = new EndsFit(spec, model, shape, problems);
    if (fit.types()) {
      fit.sizes();
    }
    problems.throwIfAny();
  }

  private boolean types() {
    long batch = spec.train().batch();
    long length = spec.train().length();
    TensorType input = shape.input(batch, length);
    TensorType taken = model.stem().input(batch, length);
    if (!taken.equals(input)) {
      add(spec.graph().stem(), unfit("takes " + taken, input, "stem"));
    }
    TensorType target = shape.target(batch, length);
    TensorType answered = model.head().target(batch, length);
    if (!answered.equals(target)) {
      add(spec.graph().head(), unfit("learns from targets " + answered, target, "head"));
    }
    return taken.equals(input) && answered.equals(target);
  }

  private String unfit(String what, TensorType given, String end) {
    String gives = shape instanceof DataShape.Tokens ? "" : given + ", ";
    return "%s, but %s gives %s%s; name other data, or another %s"
        .formatted(what, source(), gives, shape.words(), end);
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
      Recorder recorder = new Recorder(store, backend.bodies(), false);
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
