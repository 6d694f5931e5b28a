package io.colubrid.runtime.conformance;

import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.spi.tensor.Device;
import java.util.function.Supplier;

/**
 * A layer to be checked.
 *
 * @param registry where it is found by its type
 * @param again loads the plugins once more, with classes of their own
 * @param type its name
 * @param keys what a file would hold beside the type, as HOCON
 * @param width features of the stream that reaches it
 * @param device where it is checked
 */
public record LayerSubject(
    LayerRegistry registry,
    Supplier<LayerRegistry> again,
    String type,
    String keys,
    int width,
    Device device) {}
