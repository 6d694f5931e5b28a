package io.colubrid.spi.plugin;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The spi version that a plugin was compiled against: always {@code @BuiltFor(Spi.VERSION)}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface BuiltFor {
  int value();
}
