/** Tensor files on disk: reading and writing safetensors, whole or in shards. */
@NullMarked
package io.colubrid.runtime.checkpoint.format;

import org.jspecify.annotations.NullMarked;
