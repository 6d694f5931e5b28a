#include "common/quad.cuh"
#include "selective_scan/tile.cuh"

// A product that step sizes come from: weight [channels, rank], applied to features [batch, rank].
struct Projection {
  const bf16* weight;
  int64_t rank;
  int64_t vectors;  // whether four neighbours can be read at once
};

// The share of a channel's lane in a product of a row of the weight with the features: every
// LANES-th four. The first ones of the weight are on their way before the predecessor has ended.
class Share {
 public:
  __device__ __forceinline__ Share(const Projection& of, int64_t channel)
      : of_(of), row_(of.weight + channel * of.rank) {
#pragma unroll
    for (int i = 0; i < AHEAD; i++) ahead_[i] = four(row_, at(i));
  }

  __device__ __forceinline__ float operator()(const bf16* features) const {
    uint2 x[AHEAD];
#pragma unroll
    for (int i = 0; i < AHEAD; i++) x[i] = four(features, at(i));
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i < AHEAD; i++) sum += total(quad_of(ahead_[i]) * quad_of(x[i]));
    for (int i = AHEAD; at(i) < of_.rank; i++) {
      sum += total(quad_of(four(row_, at(i))) * quad_of(four(features, at(i))));
    }
    return sum;
  }

 private:
  static constexpr int AHEAD = 4;

  __device__ __forceinline__ static int at(int i) { return (i * LANES + threadIdx.x % LANES) * 4; }

  __device__ __forceinline__ uint2 four(const bf16* from, int at) const {
    if (of_.vectors) {
      return at < of_.rank ? *reinterpret_cast<const uint2*>(from + at) : make_uint2(0, 0);
    }
    float v[4];
#pragma unroll
    for (int e = 0; e < 4; e++) v[e] = at + e < of_.rank ? load(from + at + e) : 0.0f;
    return bits_of(make_float4(v[0], v[1], v[2], v[3]));
  }

  const Projection& of_;
  const bf16* row_;
  uint2 ahead_[AHEAD];
};

// Brings what lies at an address nearer, whoever may still write there.
__device__ __forceinline__ void prefetch(const void* address) {
  asm volatile("prefetch.global.L2 [%0];" ::"l"(address));
}

// One step of decoding: every state is read, advanced and written once, with all loads on their way
// before the first is used.
template <typename T, int K>
struct Step : Lane<T, K> {
  using Lane<T, K>::channel;
  using Lane<T, K>::lane;
  using Lane<T, K>::decay;

  const Scan<T>& scan;
  const float bias;
  const float skip;
  const int64_t row;
  const int64_t at;

  __device__ __forceinline__ Step(const Scan<T>& scan, const float* state)
      : Lane<T, K>(scan, static_cast<int64_t>(blockIdx.x) * THREAD_CHANNELS),
        scan(scan),
        bias(scan.bias ? scan.bias[channel] : 0.0f),
        skip(scan.skip ? scan.skip[channel] : 0.0f),
        row(this->batch),
        at(row * scan.channels + channel) {
    if (state && lane * K < scan.states) prefetch(state + at * scan.states + lane * K);
  }

  // `raw_step` gives what Δ is made of.
  template <typename Raw>
  __device__ __forceinline__ void run(const Raw& raw_step, float* state, T* y) const {
    float h[K];
    this->read(scan, state, row, h);
    const float u = load(scan.u + at);
    const float gate = scan.gate ? load(scan.gate + at) : 0.0f;
    float b[K];
    float c[K];
#pragma unroll
    for (int k = 0; k < K; k++) {
      const int64_t n = lane * K + k;
      const bool real = n < scan.states;
      b[k] = real ? load(scan.b + row * scan.states + n) : 0.0f;
      c[k] = real ? load(scan.c + row * scan.states + n) : 0.0f;
    }
    const bool there = !scan.segments || scan.segments[row] >= 0;
    const float raw = raw_step() + bias;
    const float delta = scan.softplus ? softplus<T>(raw) : raw;
    float out = 0.0f;
#pragma unroll
    for (int k = 0; k < K; k++) {
      h[k] = fmaf(exp2_approx(delta * decay[k]), h[k], delta * u * b[k]);
      out = fmaf(h[k], c[k], out);
    }
    out = fmaf(skip, u, sum_over_channel(out));
    if (scan.gate) out *= gate * sigmoid<T>(gate);
    if (there && state) this->write(scan, state, row, h);
    if (this->mine && lane == 0) store(y + at, there ? out : 0.0f);
  }
};

#define STEP(T, NAME, K)                                                                           \
  extern "C" __global__ void __launch_bounds__(THREADS)                                            \
      selective_scan_step_##NAME##_##K(const __grid_constant__ Scan<T> scan, float* state, T* y) { \
    let_successor_begin();                                                                         \
    const Step<T, K> step(scan, state);                                                            \
    wait_for_predecessor();                                                                        \
    step.run([&] { return load(scan.delta + step.at); }, state, y);                                \
  }

#define PROJECTED(K)                                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS) selective_scan_projected_bf16_##K(       \
      const __grid_constant__ Scan<bf16> scan, const __grid_constant__ Projection projection,    \
      float* state, bf16* y) {                                                                   \
    let_successor_begin();                                                                       \
    const Step<bf16, K> step(scan, state);                                                       \
    const Share share(projection, step.channel);                                                 \
    wait_for_predecessor();                                                                      \
    const bf16* features = scan.delta + step.row * projection.rank;                              \
    step.run([&] { return sum_over_channel(share(features)); }, state, y);                       \
  }

#define STEPS(K)      \
  STEP(float, f32, K) \
  STEP(bf16, bf16, K) \
  PROJECTED(K)

STEPS(1)
STEPS(4)
STEPS(16)
