package io.colubrid.runtime.model;

import com.typesafe.config.ConfigList;
import io.colubrid.spi.config.Range;

/**
 * An element of {@code layers} that stands for several.
 *
 * @param repeat how often
 * @param of what is repeated, in the form of {@code layers}
 */
record Repetition(@Range(min = 1) int repeat, ConfigList of) {}
