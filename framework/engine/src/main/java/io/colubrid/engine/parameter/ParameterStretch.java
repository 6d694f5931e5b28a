package io.colubrid.engine.parameter;

/**
 * Parameters that lie side by side in every piece of a {@link ParameterStore}, with zeros between
 * them, and are updated alike.
 *
 * @param offset bytes before the first
 * @param bytes bytes of all, with what lies between them
 * @param decays whether weight decay applies
 * @param shadowed whether there are BF16 copies of them
 */
public record ParameterStretch(long offset, long bytes, boolean decays, boolean shadowed) {}
