/** Numbers a run writes as it goes: metrics.jsonl and TensorBoard event files. */
@NullMarked
package io.colubrid.runtime.metrics;

import org.jspecify.annotations.NullMarked;
