/** Images: patch embeddings, Vim (Zhu et al., 2024), VMamba (Liu et al., 2024), classification. */
@NullMarked
package io.colubrid.plugins.vision;

import org.jspecify.annotations.NullMarked;
