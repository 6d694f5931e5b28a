/** What this machine has of all that Colubrid can use, and what to do about what is missing. */
@NullMarked
package io.colubrid.runtime.doctor;

import org.jspecify.annotations.NullMarked;
