package io.colubrid.runtime.model;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import io.colubrid.spi.plugin.LayerDefinition.Kind;

/**
 * The {@code model} section of a file.
 *
 * @param dModel width of the stream
 * @param blocks named blocks, as written
 * @param layers which blocks stand in a row, as written
 * @param stem the beginning
 * @param head the end
 * @param norm normalisation around each branch
 * @param residual precision of the stream between blocks
 * @param precision of matrix products
 * @param state precision of what recurrent layers carry from token to token in generation
 * @param checkpointEvery recompute all but every n-th block in the backward pass; 0 for none
 * @param dropout share of a branch's outputs set to zero in training
 * @param dropPath probability that training skips a whole branch of one sequence
 */
public record ModelConfig(
    @Positive int dModel,
    ConfigObject blocks,
    ConfigList layers,
    @OfKind(Kind.STEM) LayerNode stem,
    @OfKind(Kind.HEAD) LayerNode head,
    NormConfig norm,
    Precision residual,
    Precision precision,
    Precision state,
    @Range(min = 0) int checkpointEvery,
    @Range(min = 0, max = 0.99) double dropout,
    @Range(min = 0, max = 0.99) double dropPath) {}
