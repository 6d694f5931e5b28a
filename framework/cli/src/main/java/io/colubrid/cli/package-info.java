/** The command line: one class a command. */
@NullMarked
package io.colubrid.cli;

import org.jspecify.annotations.NullMarked;
