#pragma once

#include "causal_conv/conv.cuh"

// What a backward convolution is given and writes. Gradients that are not wanted are null.
template <typename T>
struct ConvGradients {
  const T* dy;
  T* dx;
  float* dtail;
  float* parts;  // [blocks along the length, batch, width + 1, channels]: of weights and bias
};

// A thread goes forward through its slice and as far behind it as its inputs reach. Beside the last
// inputs it has their gradients, which are complete when they leave the window.
template <typename T, int W, int V>
struct ConvBackward {
  static constexpr int AHEAD = 4;  // rows on their way, where no documents are

  using Row = Pack<T, V>;

  Channels<T, W, V> of;
  const ConvGradients<T>& gradients;
  const int64_t from;
  const int64_t to;
  int sources[W - 1];  // where the history came from, relative to the slice
  float dhistory[W - 1][V];
  float dweight[W][V];
  float dbias[V];

  __device__ ConvBackward(const Conv<T>& conv, const ConvGradients<T>& gradients, int64_t channel,
                          int64_t from, int64_t to)
      : of(conv, channel, blockIdx.z), gradients(gradients), from(from), to(to) {
#pragma unroll
    for (int v = 0; v < V; v++) {
#pragma unroll
      for (int k = 0; k < W; k++) dweight[k][v] = 0.0f;
#pragma unroll
      for (int i = 0; i < W - 1; i++) dhistory[i][v] = 0.0f;
      dbias[v] = 0.0f;
    }
  }

  // Writes the gradient of a place in the window if it is this thread's to write.
  __device__ __forceinline__ void put(int i) {
    const int source = sources[i];
    if (source >= 0 && source < to - from) {
      if (gradients.dx) of.write(gradients.dx, from + source, dhistory[i]);
    } else if (from == 0 && source <= -of.FROM_TAIL && source != NO_ROW && gradients.dtail) {
#pragma unroll
      for (int v = 0; v < V; v++) {
        gradients.dtail[of.tail_at(-(source + of.FROM_TAIL)) + v] = dhistory[i][v];
      }
    }
  }

  __device__ __forceinline__ void put_all() {
#pragma unroll
    for (int i = 0; i < W - 1; i++) {
      put(i);
      sources[i] = NO_ROW;
#pragma unroll
      for (int v = 0; v < V; v++) dhistory[i][v] = 0.0f;
    }
  }

  __device__ __forceinline__ void advance(int64_t step, const float (&x)[V],
                                          const float (&dy)[V]) {
    const float counts = step < to ? 1.0f : 0.0f;
    float dx[V];
    float ds[V];
#pragma unroll
    for (int v = 0; v < V; v++) {
      ds[v] = dy[v];
      if (of.conv.silu) {
        const float sum = of.weighted(x, v);
        const float s = sigmoid<T>(sum);
        ds[v] *= s * fmaf(sum, 1.0f - s, 1.0f);
      }
      const float here = counts * ds[v];
      dbias[v] += here;
#pragma unroll
      for (int k = 0; k < W - 1; k++) {
        dweight[k][v] = fmaf(here, of.history[k][v], dweight[k][v]);
        dhistory[k][v] = fmaf(of.weight[k][v], ds[v], dhistory[k][v]);
      }
      dweight[W - 1][v] = fmaf(here, x[v], dweight[W - 1][v]);
      dx[v] = of.weight[W - 1][v] * ds[v];
    }
    put(0);
#pragma unroll
    for (int i = 0; i < W - 2; i++) {
      sources[i] = sources[i + 1];
#pragma unroll
      for (int v = 0; v < V; v++) dhistory[i][v] = dhistory[i + 1][v];
    }
    sources[W - 2] = static_cast<int>(step - from);
#pragma unroll
    for (int v = 0; v < V; v++) dhistory[W - 2][v] = dx[v];
    of.push(x);
  }

  // Whether there may be more to do behind a step.
  __device__ __forceinline__ bool visit(int64_t step, const Row& x, const Row& dy,
                                        int& behind) {
    if (of.conv.segments) {
      const int32_t here = of.segment(step);
      if (here < 0) {
        const float zeros[V] = {};
        if (step < to && gradients.dx) of.write(gradients.dx, step, zeros);
        return true;
      }
      if (of.begins(here)) {
        put_all();
        of.clear();
        if (step >= to) return false;
      }
    }
    if (step >= to && ++behind >= of.conv.width) return false;
    float in[V];
    float out[V];
    x.floats(in);
    dy.floats(out);
    advance(step, in, out);
    return true;
  }

  __device__ __forceinline__ void packed() {
    int behind = 0;
    bool more = true;
    for (int64_t step = from; more && step < of.conv.length; step++) {
      more = visit(step, of.read(of.conv.x, step), of.read(gradients.dy, step), behind);
    }
    put_all();
  }

  struct Rows {
    Row x[AHEAD];
    Row dy[AHEAD];

    __device__ __forceinline__ void fetch(const T* x_from, const T* dy_from, int64_t stride,
                                          int64_t left) {
#pragma unroll
      for (int i = 0; i < AHEAD; i++) {
        const bool there = i < left;
        x[i] = there ? *reinterpret_cast<const Row*>(x_from + i * stride) : Row::zero();
        dy[i] = there ? *reinterpret_cast<const Row*>(dy_from + i * stride) : Row::zero();
      }
    }
  };

  // Where no documents are, dhistory has the gradients before the activation of the last steps
  // instead, and dx of the step W − 1 before is made of them. COUNTS: whether the step is in the
  // slice, not behind it.
  template <bool COUNTS>
  __device__ __forceinline__ Row next(const Row& x_row, const Row& dy_row) {
    float x[V];
    float ds[V];
    float dx[V];
    x_row.floats(x);
    dy_row.floats(ds);
#pragma unroll
    for (int v = 0; v < V; v++) {
      const float sum = of.weighted(x, v);
      const float s = sigmoid<T>(sum);
      const float slope = s * fmaf(sum, 1.0f - s, 1.0f);
      ds[v] = of.conv.silu ? ds[v] * slope : ds[v];
      if (COUNTS) {
        dbias[v] += ds[v];
#pragma unroll
        for (int k = 0; k < W - 1; k++) {
          dweight[k][v] = fmaf(ds[v], of.history[k][v], dweight[k][v]);
        }
        dweight[W - 1][v] = fmaf(ds[v], x[v], dweight[W - 1][v]);
      }
      dx[v] = of.weight[0][v] * ds[v];
#pragma unroll
      for (int i = 0; i < W - 1; i++) {
        dx[v] = fmaf(of.weight[W - 1 - i][v], dhistory[i][v], dx[v]);
      }
#pragma unroll
      for (int i = 0; i < W - 2; i++) dhistory[i][v] = dhistory[i + 1][v];
      dhistory[W - 2][v] = ds[v];
    }
    of.push(x);
    return Row::of(dx);
  }

  __device__ __forceinline__ void stream() {
    const int64_t stride = of.stride();
    const T* x_at = of.conv.x + of.at(from);
    const T* dy_at = gradients.dy + of.at(from);
    T* dx_at = gradients.dx + of.at(from) - (W - 1) * stride;
    int64_t before = gradients.dx ? W - 1 : INT64_MAX;  // steps until dx is this slice's
    int64_t left = of.conv.length - from;
    Rows coming;
    coming.fetch(x_at, dy_at, stride, left);
    for (int64_t counted = to - from; counted > 0; counted -= AHEAD) {
      const Rows rows = coming;
      x_at += AHEAD * stride;
      dy_at += AHEAD * stride;
      left -= AHEAD;
      coming.fetch(x_at, dy_at, stride, left);
#pragma unroll
      for (int i = 0; i < AHEAD; i++) {
        const Row dx = next<true>(rows.x[i], rows.dy[i]);
        if (before <= 0 && i < counted + W - 1) *reinterpret_cast<Row*>(dx_at) = dx;
        dx_at += stride;
        before--;
      }
    }
    // A last slice that is no multiple has had zeros behind it in the loop.
    const int64_t over = (AHEAD - (to - from) % AHEAD) % AHEAD;
#pragma unroll
    for (int i = 0; i < W - 1; i++) {
      const Row none = Row::zero();
      const Row dx = i < AHEAD ? next<false>(coming.x[i % AHEAD], coming.dy[i % AHEAD])
                               : next<false>(none, none);
      if (before <= 0 && i + over < W - 1) *reinterpret_cast<Row*>(dx_at) = dx;
      dx_at += stride;
      before--;
    }
  }

  __device__ __forceinline__ void run() {
    of.look_back(from, sources);
    if (of.conv.segments || gradients.dtail || W - 1 > AHEAD) {
      packed();
    } else {
      stream();
    }
  }
};

template <typename T, int W, int V>
__device__ __forceinline__ void conv_backward(const Conv<T>& conv,
                                              const ConvGradients<T>& gradients) {
  __shared__ float sums[SLICE_THREADS][ROW_THREADS][V];
  const int place = threadIdx.x % ROW_THREADS;
  const int64_t vector = blockIdx.x * static_cast<int64_t>(ROW_THREADS) + place;
  const int mine = threadIdx.x / ROW_THREADS;
  const int64_t slice = blockIdx.y * static_cast<int64_t>(SLICE_THREADS) + mine;
  const int64_t from = min(conv.length, slice * conv.slice);
  const int64_t to = min(conv.length, from + conv.slice);
  const bool there = vector * V < conv.channels;
  const int64_t channel = there ? vector * V : 0;
  ConvBackward<T, W, V> work(conv, gradients, channel, from, to);
  if (there && from < to) work.run();
  const int missing = W - static_cast<int>(conv.width);
  const int64_t row = blockIdx.y * static_cast<int64_t>(gridDim.z) + blockIdx.z;
#pragma unroll
  for (int k = 0; k <= W; k++) {
#pragma unroll
    for (int v = 0; v < V; v++) {
      sums[mine][place][v] = k < W ? work.dweight[k % W][v] : work.dbias[v];
    }
    __syncthreads();
    if (mine == k % SLICE_THREADS && there && k >= missing) {
#pragma unroll
      for (int v = 0; v < V; v++) {
        float sum = 0.0f;
#pragma unroll
        for (int i = 0; i < SLICE_THREADS; i++) sum += sums[i][place][v];
        gradients.parts[(row * (conv.width + 1) + k - missing) * conv.channels + channel + v] =
            sum;
      }
    }
    __syncthreads();
  }
}

#define CONV_BACKWARD(T, NAME, W, V)                            \
  extern "C" __global__ void __launch_bounds__(THREADS, 3)      \
      causal_conv_backward_##NAME##_##W##x##V(                  \
          const __grid_constant__ Conv<T> conv,                 \
          const __grid_constant__ ConvGradients<T> gradients) { \
    conv_backward<T, W, V>(conv, gradients);                    \
  }
