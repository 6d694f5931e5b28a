package io.colubrid.testkit;

import io.colubrid.runtime.conformance.ConformanceKit;
import io.colubrid.runtime.conformance.LayerSubject;
import io.colubrid.runtime.conformance.PropertyResult;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** Offers the properties to whoever asks for a {@link ConformanceKit}. */
public final class LayerProperties implements ConformanceKit {
  @Override
  public List<String> properties() {
    return Conformance.properties().stream().map(Property::name).toList();
  }

  @Override
  public Stream<PropertyResult> check(LayerSubject subject, Collection<String> properties) {
    LayerUnderTest layer = LayerUnderTest.of(subject);
    return Conformance.properties().stream()
        .filter(property -> properties.contains(property.name()))
        .map(
            property ->
                new PropertyResult(
                    property.name(), property.claim(), Conformance.check(property, layer)));
  }
}
