package io.colubrid.testkit;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.runtime.checkpoint.format.SafetensorsFile;
import io.colubrid.runtime.checkpoint.format.SafetensorsWriter;
import io.colubrid.runtime.checkpoint.format.StoredType;
import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parameters have names to be saved under, and a layer that reads them back is the same layer. */
final class SavedEqualsLoaded implements Property {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.]+");

  @Override
  public String name() {
    return "saved-equals-loaded";
  }

  @Override
  public String claim() {
    return "a new layer with the saved parameters gives the same bits; names are stable";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    List<ModelParameter> parameters = layer.build().parameters();
    String unfit = unfitName(parameters);
    if (unfit != null) {
      return Outcome.failed(unfit);
    }
    StandaloneLayer other = layer.again().build();
    if (!shapes(parameters).equals(shapes(other.parameters()))) {
      return Outcome.failed(
          "built twice, the layer has parameters %s and then %s"
              .formatted(shapes(parameters), shapes(other.parameters())));
    }
    return Search.over(List.of(new Case(2, 9, 1)), at -> mismatch(layer, other, at));
  }

  private static @Nullable String mismatch(LayerUnderTest layer, StandaloneLayer other, Case at) {
    Rows rows = new RandomRows(at.seed()).dense(at.batch(), at.length(), layer.width());
    try (LayerTrial trial = layer.trial(at.seed(), layer.setting());
        LayerTrial loaded = new LayerTrial(other, throughFile(trial), layer.setting())) {
      double[] before = trial.forward(rows).output();
      return Closeness.SAME.mismatch(
          "output of the loaded layer", rows.shape(), before, loaded.forward(rows).output());
    }
  }

  private static @Nullable String unfitName(List<ModelParameter> parameters) {
    Map<String, String> seen = new TreeMap<>();
    for (ModelParameter parameter : parameters) {
      String path = parameter.path();
      if (!NAME.matcher(path).matches() || path.contains("..") || path.endsWith(".")) {
        return "'%s' is no name for a parameter; expected letters, digits, '_' and single dots"
            .formatted(path);
      }
      String twin = seen.put(path.toLowerCase(Locale.ROOT), path);
      if (twin != null) {
        return "parameters %s and %s differ by nothing but case".formatted(twin, path);
      }
    }
    return null;
  }

  private static Map<String, String> shapes(List<ModelParameter> parameters) {
    Map<String, String> shapes = new LinkedHashMap<>();
    parameters.forEach(parameter -> shapes.put(parameter.path(), parameter.shape().toString()));
    return shapes;
  }

  private static Weights throughFile(LayerTrial trial) {
    try {
      Path file = Files.createTempFile("layer", ".safetensors");
      try {
        writer(trial).write(file);
        return read(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SafetensorsWriter writer(LayerTrial trial) {
    SafetensorsWriter writer = new SafetensorsWriter();
    for (ModelParameter parameter : trial.store().parameters()) {
      ParameterBinding.Slot slot = trial.store().master(parameter);
      List<Long> shape = Arrays.stream(parameter.shape().toArray()).boxed().toList();
      writer.add(
          parameter.path(),
          StoredType.F32,
          shape,
          (offset, to) -> slot.storage().read(slot.offset() + offset, to));
    }
    return writer;
  }

  private static Weights read(Path path) throws IOException {
    Map<String, double[]> values = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      file.tensors().forEach((name, tensor) -> values.put(name, tensor.toDoubles()));
    }
    return new Weights(values);
  }
}
