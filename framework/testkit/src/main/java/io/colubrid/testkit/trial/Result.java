package io.colubrid.testkit.trial;

import io.colubrid.spi.tensor.Shape;
import java.util.SortedMap;

/**
 * What a pass computed.
 *
 * @param shape shape of the output
 * @param output what the layer returned
 * @param inputGradient gradient of the objective for the input; empty where none was wanted
 * @param parameterGradients gradients for all parameters by path; empty where none were wanted
 */
public record Result(
    Shape shape,
    double[] output,
    double[] inputGradient,
    SortedMap<String, double[]> parameterGradients) {}
