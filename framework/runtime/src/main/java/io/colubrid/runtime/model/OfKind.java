package io.colubrid.runtime.model;

import io.colubrid.spi.plugin.LayerDefinition;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a component of type {@link LayerNode} names, where that is not a layer. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface OfKind {
  LayerDefinition.Kind value();
}
