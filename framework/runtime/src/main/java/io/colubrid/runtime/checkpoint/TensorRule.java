package io.colubrid.runtime.checkpoint;

import io.colubrid.spi.tensor.Shape;
import java.util.Collections;
import java.util.List;

/**
 * How some tensors of a foreign checkpoint become some of ours, and back: element runs that are
 * copied in either direction. A list of rules that name every tensor once is an importer, and the
 * same list an exporter.
 */
public sealed interface TensorRule {
  /** Names there. */
  List<String> foreign();

  /** Paths of parameters here. */
  List<String> ours();

  /** Shapes of the foreign tensors where ours have these. */
  List<Shape> foreignShapes(List<Shape> ours);

  /** Tells every run of elements that is contiguous on both sides. */
  void forEachRun(List<Shape> ours, RunVisitor visitor);

  /**
   * Takes {@code count} elements, from {@code foreignAt} of a tensor there to {@code oursAt} here.
   */
  interface RunVisitor {
    void run(int foreign, long foreignAt, int ours, long oursAt, long count);
  }

  /** The same tensor under another name. */
  record Rename(String from, String to) implements TensorRule {
    @Override
    public List<String> foreign() {
      return List.of(from);
    }

    @Override
    public List<String> ours() {
      return List.of(to);
    }

    @Override
    public List<Shape> foreignShapes(List<Shape> ours) {
      return ours;
    }

    @Override
    public void forEachRun(List<Shape> ours, RunVisitor visitor) {
      visitor.run(0, 0, 0, 0, ours.getFirst().elements());
    }
  }

  /**
   * The same elements in the same order under another shape.
   *
   * @param shape of the foreign tensor
   */
  record Reshape(String from, Shape shape, String to) implements TensorRule {
    @Override
    public List<String> foreign() {
      return List.of(from);
    }

    @Override
    public List<String> ours() {
      return List.of(to);
    }

    @Override
    public List<Shape> foreignShapes(List<Shape> ours) {
      if (shape.elements() != ours.getFirst().elements()) {
        throw new IllegalArgumentException(
            "%s %s cannot become %s %s".formatted(from, shape, to, ours.getFirst()));
      }
      return List.of(shape);
    }

    @Override
    public void forEachRun(List<Shape> ours, RunVisitor visitor) {
      visitor.run(0, 0, 0, 0, shape.elements());
    }
  }

  /**
   * The same elements with the axes in another order, under any shape.
   *
   * @param shape of the foreign tensor
   * @param axes axis i here is axis {@code axes[i]} there
   */
  record Permute(String from, Shape shape, List<Integer> axes, String to) implements TensorRule {
    public Permute {
      axes = List.copyOf(axes);
    }

    @Override
    public List<String> foreign() {
      return List.of(from);
    }

    @Override
    public List<String> ours() {
      return List.of(to);
    }

    @Override
    public List<Shape> foreignShapes(List<Shape> ours) {
      if (shape.elements() != ours.getFirst().elements()) {
        throw new IllegalArgumentException(
            "%s %s cannot become %s %s".formatted(from, shape, to, ours.getFirst()));
      }
      return List.of(shape);
    }

    @Override
    public void forEachRun(List<Shape> ours, RunVisitor visitor) {
      long[] index = new long[axes.size()];
      for (long at = 0; at < shape.elements(); at++) {
        long foreignAt = 0;
        for (int i = 0; i < index.length; i++) {
          int axis = axes.get(i);
          foreignAt += index[i] * shape.product(axis + 1, shape.rank());
        }
        visitor.run(0, foreignAt, 0, at, 1);
        advance(index);
      }
    }

    private void advance(long[] index) {
      for (int i = index.length - 1; i >= 0; i--) {
        index[i]++;
        if (index[i] < shape.dim(axes.get(i))) {
          return;
        }
        index[i] = 0;
      }
    }
  }

  /**
   * One tensor there that is several of ours, one behind the other.
   *
   * @param axis along which they lie, from 0
   * @param to ours in their order
   */
  record Split(String from, int axis, List<String> to) implements TensorRule {
    public Split {
      to = List.copyOf(to);
    }

    @Override
    public List<String> foreign() {
      return List.of(from);
    }

    @Override
    public List<String> ours() {
      return to;
    }

    @Override
    public List<Shape> foreignShapes(List<Shape> ours) {
      long extent = ours.stream().mapToLong(shape -> shape.dim(axis)).sum();
      Shape whole = ours.getFirst().with(axis, extent);
      for (Shape part : ours) {
        if (!part.with(axis, extent).equals(whole)) {
          throw new IllegalArgumentException(
              "%s cannot be split along axis %d into %s".formatted(from, axis, ours));
        }
      }
      return List.of(whole);
    }

    @Override
    public void forEachRun(List<Shape> ours, RunVisitor visitor) {
      long rows = ours.getFirst().product(0, axis);
      long at = 0;
      for (long row = 0; row < rows; row++) {
        for (int part = 0; part < ours.size(); part++) {
          long count = ours.get(part).product(axis, ours.get(part).rank());
          visitor.run(0, at, part, row * count, count);
          at += count;
        }
      }
    }
  }

  /**
   * Several tensors there that are one of ours, along a new first axis.
   *
   * @param from in the order of that axis
   */
  record Stack(List<String> from, String to) implements TensorRule {
    public Stack {
      from = List.copyOf(from);
    }

    @Override
    public List<String> foreign() {
      return from;
    }

    @Override
    public List<String> ours() {
      return List.of(to);
    }

    @Override
    public List<Shape> foreignShapes(List<Shape> ours) {
      Shape whole = ours.getFirst();
      if (whole.rank() == 0 || whole.dim(0) != from.size()) {
        throw new IllegalArgumentException(
            "%d tensors cannot be stacked to %s %s".formatted(from.size(), to, whole));
      }
      return Collections.nCopies(from.size(), whole.without(0));
    }

    @Override
    public void forEachRun(List<Shape> ours, RunVisitor visitor) {
      long count = ours.getFirst().elements() / from.size();
      for (int i = 0; i < from.size(); i++) {
        visitor.run(i, 0, 0, i * count, count);
      }
    }
  }
}
