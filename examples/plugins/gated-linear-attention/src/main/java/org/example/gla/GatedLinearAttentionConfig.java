package org.example.gla;

import io.colubrid.spi.config.Positive;
import java.util.OptionalInt;

/**
 * Keys of the layer {@code gated-linear-attention}.
 *
 * @param heads number of heads
 * @param keySize size of a head's keys; absent for half of a head's share of the stream
 * @param valueSize size of a head's values; absent for a head's share of the stream
 * @param gateTemperature what the logarithm of the gate is divided by, so that memory is long
 */
public record GatedLinearAttentionConfig(
    @Positive int heads,
    @Positive OptionalInt keySize,
    @Positive OptionalInt valueSize,
    @Positive double gateTemperature) {}
