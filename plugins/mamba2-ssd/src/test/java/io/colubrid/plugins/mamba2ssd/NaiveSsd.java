package io.colubrid.plugins.mamba2ssd;

import java.util.Arrays;

/** The recurrence and its gradients in double precision, by the equations, for every head. */
final class NaiveSsd {
  final double[] y;
  final double[] state;
  private final SsdCase at;
  private final double[][] inputs;
  private final double[][] gradients = new double[6][];
  private double[] gradY = {};
  private double[] xs = {};
  private double[][] h = {};
  private double[] steps = {};

  NaiveSsd(SsdCase at, float[][] inputs) {
    this.at = at;
    this.inputs = Arrays.stream(inputs).limit(6).map(NaiveSsd::doubles).toArray(double[][]::new);
    y = new double[at.batch() * at.length() * at.heads() * at.headDim()];
    state = this.inputs[Ssd.STATE].clone();
    for (int b = 0; b < at.batch(); b++) {
      for (int head = 0; head < at.heads(); head++) {
        forward(b, head);
      }
    }
  }

  static double[] doubles(float[] floats) {
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  double[][] gradients(float[] gradient) {
    gradY = doubles(gradient);
    for (int i = 0; i < 6; i++) {
      gradients[i] = new double[inputs[i].length];
    }
    for (int b = 0; b < at.batch(); b++) {
      for (int head = 0; head < at.heads(); head++) {
        forward(b, head);
        backward(b, head);
      }
    }
    return gradients;
  }

  private int row(int b, int t) {
    return (b * at.length() + t) * at.width();
  }

  private int x(int b, int t, int head) {
    return row(b, t) + head * at.headDim();
  }

  private int b(int b, int t, int head) {
    int group = head / (at.heads() / at.groups());
    return row(b, t) + at.heads() * at.headDim() + group * at.states();
  }

  private int c(int b, int t, int head) {
    return b(b, t, head) + at.groups() * at.states();
  }

  private int y(int b, int t, int head) {
    return ((b * at.length() + t) * at.heads() + head) * at.headDim();
  }

  private double raw(int b, int t, int head) {
    return inputs[Ssd.DELTA][(b * at.length() + t) * at.heads() + head]
        + inputs[Ssd.DELTA_BIAS][head];
  }

  private double rate(int head) {
    return -Math.exp(inputs[Ssd.A_LOG][head]);
  }

  /** Whether the state starts from zeros at t. */
  private boolean starts(int b, int t) {
    int here = at.segment(b, t);
    for (int i = t - 1; i >= 0; i--) {
      if (at.segment(b, i) >= 0) {
        return at.segment(b, i) != here;
      }
    }
    return false;
  }

  private void forward(int b, int head) {
    int size = at.headDim() * at.states();
    int stateAt = (b * at.heads() + head) * size;
    xs = inputs[Ssd.XBC];
    h = new double[at.length() + 1][];
    steps = new double[at.length()];
    h[0] = Arrays.copyOfRange(inputs[Ssd.STATE], stateAt, stateAt + size);
    for (int t = 0; t < at.length(); t++) {
      h[t + 1] = h[t].clone();
      if (at.segment(b, t) < 0) {
        continue;
      }
      double raw = raw(b, t, head);
      double softplus = Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw)));
      steps[t] = Math.min(Math.max(softplus, at.minStep()), at.maxStep());
      double decay = starts(b, t) ? 0 : Math.exp(steps[t] * rate(head));
      for (int p = 0; p < at.headDim(); p++) {
        double value = xs[x(b, t, head) + p];
        double sum = inputs[Ssd.SKIP][head] * value;
        for (int n = 0; n < at.states(); n++) {
          int i = p * at.states() + n;
          h[t + 1][i] = decay * h[t][i] + steps[t] * value * xs[b(b, t, head) + n];
          sum += h[t + 1][i] * xs[c(b, t, head) + n];
        }
        y[y(b, t, head) + p] = sum;
      }
    }
    System.arraycopy(h[at.length()], 0, state, stateAt, size);
  }

  private void backward(int b, int head) {
    double[] gradH = new double[at.headDim() * at.states()];
    double rate = rate(head);
    for (int t = at.length() - 1; t >= 0; t--) {
      if (at.segment(b, t) < 0) {
        continue;
      }
      double decay = starts(b, t) ? 0 : Math.exp(steps[t] * rate);
      double gradDecay = 0;
      double gradStep = 0;
      for (int p = 0; p < at.headDim(); p++) {
        int xAt = x(b, t, head) + p;
        double arriving = gradY[y(b, t, head) + p];
        gradients[Ssd.SKIP][head] += arriving * xs[xAt];
        gradients[Ssd.XBC][xAt] += arriving * inputs[Ssd.SKIP][head];
        for (int n = 0; n < at.states(); n++) {
          int i = p * at.states() + n;
          double shared = xs[b(b, t, head) + n];
          gradH[i] += arriving * xs[c(b, t, head) + n];
          gradients[Ssd.XBC][c(b, t, head) + n] += arriving * h[t + 1][i];
          gradients[Ssd.XBC][b(b, t, head) + n] += gradH[i] * steps[t] * xs[xAt];
          gradients[Ssd.XBC][xAt] += gradH[i] * steps[t] * shared;
          gradStep += gradH[i] * xs[xAt] * shared;
          gradDecay += gradH[i] * h[t][i];
          gradH[i] *= decay;
        }
      }
      gradients[Ssd.A_LOG][head] += gradDecay * decay * steps[t] * rate;
      boolean bounded = steps[t] <= at.minStep() || steps[t] >= at.maxStep();
      double slope = bounded ? 0 : 1 / (1 + Math.exp(-raw(b, t, head)));
      double gradRaw = slope * (gradStep + gradDecay * decay * rate);
      gradients[Ssd.DELTA][(b * at.length() + t) * at.heads() + head] = gradRaw;
      gradients[Ssd.DELTA_BIAS][head] += gradRaw;
    }
    int stateAt = (b * at.heads() + head) * gradH.length;
    System.arraycopy(gradH, 0, gradients[Ssd.STATE], stateAt, gradH.length);
  }
}
