package io.colubrid.runtime.plan;

/**
 * What a layer costs.
 *
 * @param path its path in the model
 * @param type what the file calls it
 * @param parameters weights it declares
 * @param forwardFlops FLOPs of the forward pass over a batch
 * @param backwardFlops FLOPs of the backward pass over it, with what is computed again
 */
public record LayerCost(
    String path, String type, long parameters, long forwardFlops, long backwardFlops) {}
