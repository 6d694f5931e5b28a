package io.colubrid.engine.tape;

/** Receives the gradients of one node's inputs. */
interface InputGradients {
  /** Whether anybody wants the gradient of an input. */
  boolean wants(int input);

  /** Adds to the gradient of an input. */
  void add(int input, Value gradient);

  /** Adds to the gradient of an input a value that nobody else knows, and that may change. */
  void addOwn(int input, Value gradient);

  /** Adds to the gradient of an input from an offset in bytes on, as far as the part goes. */
  void addPart(int input, Value part, long offset);

  /** Adds a matrix product to the gradient of an input, without a copy where it is a parameter. */
  void addProduct(int input, Value a, boolean transposeA, Value b, boolean transposeB);

  /** Adds rows at indices to the gradient of an input, without a table of zeros for a parameter. */
  void addRows(int input, Value indices, Value rows);
}
