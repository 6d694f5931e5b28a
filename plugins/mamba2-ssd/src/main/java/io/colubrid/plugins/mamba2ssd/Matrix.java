package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.Blas;
import java.lang.foreign.MemorySegment;

/**
 * Rows of floats in some memory.
 *
 * @param at element at which the first row begins
 * @param stride elements from one row to the next
 */
record Matrix(MemorySegment memory, long at, long stride) {

  /** What lies to the right of and below an element. */
  Matrix from(long row, long column) {
    return new Matrix(memory, at + row * stride + column, stride);
  }

  /** Byte at which a row begins. */
  long row(long index) {
    return Float.BYTES * (at + index * stride);
  }

  float get(long row, long column) {
    return memory.getAtIndex(JAVA_FLOAT, at + row * stride + column);
  }

  void set(long row, long column, float value) {
    memory.setAtIndex(JAVA_FLOAT, at + row * stride + column, value);
  }

  /** This [m, n] becomes a·b, with a [m, k] and b [k, n]. */
  void product(Blas blas, long m, long n, long k, Operand a, Operand b) {
    multiply(blas, m, n, k, a, b, 0);
  }

  /** The product is added to this [m, n]. */
  void addProduct(Blas blas, long m, long n, long k, Operand a, Operand b) {
    multiply(blas, m, n, k, a, b, 1);
  }

  private void multiply(Blas blas, long m, long n, long k, Operand a, Operand b, float beta) {
    blas.gemm(
        a.transposed,
        b.transposed,
        m,
        n,
        k,
        1,
        a.matrix.memory,
        a.matrix.at,
        a.matrix.stride,
        b.matrix.memory,
        b.matrix.at,
        b.matrix.stride,
        beta,
        memory,
        at,
        stride);
  }

  /** As a factor of a product. */
  Operand plain() {
    return new Operand(this, false);
  }

  /** Its transpose as a factor of a product. */
  Operand transposed() {
    return new Operand(this, true);
  }

  /** A factor of a product. */
  record Operand(Matrix matrix, boolean transposed) {}
}
