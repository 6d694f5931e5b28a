package io.colubrid.testkit.trial;

import io.colubrid.spi.layer.Sequences.Kind;
import io.colubrid.spi.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The rows of a batch.
 *
 * @param kind what a row holds
 * @param batch number of rows
 * @param length positions a row
 * @param width features a position
 * @param x [batch, length, width], row-major
 * @param segments [batch, length]: number of the document at each position, −1 for padding; zeros
 *     for dense rows
 */
public record Rows(Kind kind, int batch, int length, int width, double[] x, int[] segments) {
  /**
   * A document.
   *
   * @param row row that holds it
   * @param from its first position
   * @param to position behind its last
   */
  public record Document(int row, int from, int to) {
    public int length() {
      return to - from;
    }
  }

  public static Rows dense(int batch, int length, int width, double[] x) {
    return new Rows(Kind.DENSE, batch, length, width, x, new int[batch * length]);
  }

  public Shape shape() {
    return Shape.of(batch, length, width);
  }

  /** The same rows with other elements. */
  public Rows with(double[] elements) {
    return new Rows(kind, batch, length, width, elements, segments);
  }

  /** The same rows, as BF16 has them. */
  public Rows inBf16() {
    return with(Elements.rounded(x));
  }

  /** The same rows, each element off by at most what BF16 rounds away. */
  public Rows moved(Random random) {
    return with(Elements.moved(x, random));
  }

  /** [batch, length]: position within the document, from 0; −1 for padding. */
  public int[] positions() {
    int[] positions = new int[segments.length];
    Arrays.fill(positions, -1);
    for (Document document : documents()) {
      for (int i = 0; i < document.length(); i++) {
        positions[document.row() * length + document.from() + i] = i;
      }
    }
    return positions;
  }

  /** All documents, row by row. */
  public List<Document> documents() {
    List<Document> documents = new ArrayList<>();
    for (int row = 0; row < batch; row++) {
      int from = 0;
      for (int at = 1; at <= length; at++) {
        if (at == length || segment(row, at) != segment(row, from)) {
          if (segment(row, from) >= 0) {
            documents.add(new Document(row, from, at));
          }
          from = at;
        }
      }
    }
    return documents;
  }

  private int segment(int row, int position) {
    return segments[row * length + position];
  }

  /** A document as the only row of a dense batch. */
  public Rows alone(Document document) {
    return dense(1, document.length(), width, cut(x, document));
  }

  /** The elements of a document in an array [batch, length, features]. */
  public double[] cut(double[] elements, Document document) {
    int features = elements.length / (batch * length);
    int start = (document.row() * length + document.from()) * features;
    return Arrays.copyOfRange(elements, start, start + document.length() * features);
  }

  /** Positions {@code from} to {@code to} of all rows, which must be dense. */
  public Rows positions(int from, int to) {
    double[] part = new double[batch * (to - from) * width];
    for (int row = 0; row < batch; row++) {
      double[] cut = cut(x, new Document(row, from, to));
      System.arraycopy(cut, 0, part, row * cut.length, cut.length);
    }
    return dense(batch, to - from, width, part);
  }

  /** The elements of an array [batch, length, features] with those at padding set to zero. */
  public double[] withoutPadding(double[] elements) {
    int features = elements.length / (batch * length);
    double[] masked = elements.clone();
    for (int i = 0; i < masked.length; i++) {
      if (segments[i / features] < 0) {
        masked[i] = 0;
      }
    }
    return masked;
  }
}
