/** Sequences of DNA in FASTA files. */
@NullMarked
package io.colubrid.runtime.data.dna;

import org.jspecify.annotations.NullMarked;
