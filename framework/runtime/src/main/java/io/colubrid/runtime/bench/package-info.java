/** What this machine reaches, beside what it could reach at best. */
@NullMarked
package io.colubrid.runtime.bench;

import org.jspecify.annotations.NullMarked;
