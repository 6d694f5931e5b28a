package io.colubrid.testkit;

import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.spi.tensor.Device;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/**
 * The conformance tests of a layer, one for each property. What the layer's traits refuse is shown
 * as skipped, with the refusal.
 *
 * <pre>{@code
 * final class MambaConformanceTest extends LayerConformance {
 *   @Override
 *   protected LayerUnderTest layer() {
 *     return LayerUnderTest.of(new MambaPlugin(), "mamba", "expand = 2, d-state = 4").width(16);
 *   }
 * }
 * }</pre>
 */
public abstract class LayerConformance {
  /** The layer to test. */
  protected abstract LayerUnderTest layer();

  @TestFactory
  final Stream<DynamicTest> conforms() {
    return tests(layer());
  }

  /** The same on a GPU; where there is none this is skipped, saying why. */
  @Tag("cuda")
  @TestFactory
  final Stream<DynamicTest> conformsOnCuda() {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
    return tests(layer().on(new Device(Device.Kind.CUDA, 0)));
  }

  private static Stream<DynamicTest> tests(LayerUnderTest layer) {
    layer.build();
    return Conformance.properties().stream()
        .map(
            property ->
                DynamicTest.dynamicTest(
                    property.name() + ": " + property.claim(), () -> require(property, layer)));
  }

  private static void require(Property property, LayerUnderTest layer) {
    switch (Conformance.check(property, layer)) {
      case Outcome.Passed passed -> {}
      case Outcome.Unsupported unsupported ->
          throw new TestAbortedException("declared unsupported: " + unsupported.reason());
      case Outcome.Failed failed ->
          throw new AssertionFailedError(
              "%s has not the property %s (%s): %s"
                  .formatted(layer, property.name(), property.claim(), failed.told()),
              failed.cause());
    }
  }
}
