package io.colubrid.spi.layer;

import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.util.Optional;

/** What a layer's factory is given: where it stands, and how to get parameters and inner layers. */
public interface BuildContext {
  /** The layer's path in the model, such as {@code layers.5.mixer}. */
  String path();

  /** Shape of the stream that reaches the layer. */
  StreamShape input();

  /**
   * How many residual branches the model has in all; output projections are initialised smaller by
   * its square root, so that the stream keeps its scale with depth.
   */
  int residualBranches();

  /**
   * What a recurrent layer may keep its state in between passes: F32, or BF16 where the file asks
   * for it. A layer that does not look keeps F32.
   */
  default DType stateType() {
    return DType.F32;
  }

  /** A new parameter. Its path is the layer's path and this name. */
  Parameter parameter(String name, Shape shape, Initializer initializer, Parameter.Role role);

  /**
   * A parameter that another part of the model owns, under a further name here. It is counted,
   * saved and decayed once.
   *
   * @param path full path of the parameter, such as {@code stem.weight}
   * @throws InvalidLayerException if there is none yet, or its shape is another
   */
  Parameter tied(String name, String path, Shape shape);

  /** A layer inside this one, on the stream that reaches this one. */
  default Layer create(String name, LayerSpec spec) {
    return create(name, spec, input());
  }

  /**
   * A layer inside this one, on a stream of another shape. Its states stand under its own path, and
   * what it declares counts for this layer too: this one needs not repeat it in its traits.
   *
   * @param name its name in this layer's path, the key that holds it in the file where it has one
   */
  Layer create(String name, LayerSpec spec, StreamShape input);

  /**
   * A layer inside this one with the weights of another: of the first that was made, anywhere in
   * the model, for the same {@code sharing}. That one makes the parameters; here they have further
   * paths, and they are counted, saved and decayed once. States and random streams are each place's
   * own.
   *
   * @param sharing what the layers that share are called, in the whole model
   * @throws InvalidLayerException if that first one has another type or other keys, or stands on a
   *     stream of another shape
   */
  Layer createShared(String name, LayerSpec spec, StreamShape input, String sharing);

  /**
   * Several channel layers of one kind with stacked weights, on the stream that reaches this one.
   *
   * @param count how many
   * @return empty if the type of layer has no such form; then {@link #create} makes them one by one
   */
  default Optional<ExpertChannel> experts(String name, LayerSpec spec, int count) {
    return Optional.empty();
  }

  /**
   * This place for parameters of which a position uses a part only, such as those of experts of
   * which a router chooses a few. It changes nothing but how active parameters are counted.
   *
   * @param share of the parameters that a position uses, above 0 and at most 1
   */
  default BuildContext usedInPart(double share) {
    return this;
  }
}
