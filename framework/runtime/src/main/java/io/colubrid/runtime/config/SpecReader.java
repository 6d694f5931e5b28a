package io.colubrid.runtime.config;

import com.typesafe.config.ConfigValue;
import io.colubrid.spi.layer.LayerSpec;
import java.lang.reflect.AnnotatedElement;
import org.jspecify.annotations.Nullable;

/**
 * Reads a component of type {@link LayerSpec}: an object with a {@code type}, or the type alone.
 */
@FunctionalInterface
public interface SpecReader {
  /** For records that hold no layers. */
  SpecReader NONE =
      (marks, value, fallback, path, problems) -> {
        throw new IllegalStateException("nothing reads the layer at " + path);
      };

  /**
   * @param marks the annotations of the record component
   * @param value what the file says
   * @param fallback the default, which holds where the types are the same
   * @return null if it cannot be read; then the problem was added
   */
  @Nullable LayerSpec read(
      AnnotatedElement marks,
      ConfigValue value,
      @Nullable ConfigValue fallback,
      String path,
      Problems problems);
}
