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

__device__ __forceinline__ float4 floats_of(float4 four) { return four; }
__device__ __forceinline__ float4 floats_of(uint2 four) { return quad_of(four); }
__device__ __forceinline__ void round_to(float4& to, float4 four) { to = four; }
__device__ __forceinline__ void round_to(uint2& to, float4 four) { to = bits_of(four); }

template <typename S>
struct FourOf;
template <>
struct FourOf<float> {
  using Type = float4;
};
template <>
struct FourOf<bf16> {
  using Type = uint2;
};

// A lane's states of S, which stay as they came until they are needed, so that nobody waits for
// them sooner.
template <typename S, typename T, int K>
class LaneStates {
  static constexpr int N = K % 4 == 0 ? 4 : 1;
  using Four = typename FourOf<S>::Type;

 public:
  __device__ __forceinline__ LaneStates(const Lane<T, K>& of, const Scan<T>& scan, S* all)
      : there_(all), vectors_(of.vectors(scan)), mine_(all + of.at(scan, of.batch) + of.state(0)),
        real_(static_cast<int>(scan.states) - of.state(0)) {
#pragma unroll
    for (int k = 0; k < K; k += 4) {
      if (vectors_) {
        if (there_) four_[k / 4] = *reinterpret_cast<const Four*>(mine_ + k);
        continue;
      }
      float v[4];
#pragma unroll
      for (int e = 0; e < 4; e++) {
        v[e] = there_ && k + e < K && k + e < real_ ? load(mine_ + k + e) : 0.0f;
      }
      round_to(four_[k / 4], make_float4(v[0], v[1], v[2], v[3]));
    }
  }

  __device__ __forceinline__ void floats(float (&to)[K]) const {
#pragma unroll
    for (int k = 0; k < K; k++) {
      const float4 four = floats_of(four_[k / 4]);
      const float v[4] = {four.x, four.y, four.z, four.w};
      to[k] = there_ ? v[k % 4] : 0.0f;
    }
  }

  __device__ __forceinline__ void write(const float (&from)[K]) const {
    if (!there_) return;
#pragma unroll
    for (int k = 0; k < K; k += N) {
      if (N == 4 && vectors_) {
        Four four;
        round_to(four, make_float4(from[k], from[k + N / 4], from[k + N / 2], from[k + N - 1]));
        *reinterpret_cast<Four*>(mine_ + k) = four;
        continue;
      }
#pragma unroll
      for (int e = 0; e < N; e++) {
        if (k + e < real_) store(mine_ + k + e, from[k + e]);
      }
    }
  }

 private:
  const bool there_;
  const bool vectors_;
  S* const mine_;
  const int real_;  // states from the first one on
  Four four_[(K + 3) / 4];
};

// One step of decoding: every state is read, advanced and written once, with all loads on their way
// before the first is used.
template <typename T, typename S, int K>
struct Step : Lane<T, K> {
  using Lane<T, K>::channel;
  using Lane<T, K>::lane;
  using Lane<T, K>::decay;

  const Scan<T>& scan;
  const LaneStates<S, T, K> states;
  const float bias;
  const float skip;
  const int64_t row;
  const int64_t at;

  __device__ __forceinline__ Step(const Scan<T>& scan, S* state)
      : Lane<T, K>(scan, static_cast<int64_t>(blockIdx.x) * THREAD_CHANNELS),
        scan(scan),
        states(*this, scan, state),
        bias(scan.bias ? scan.bias[channel] : 0.0f),
        skip(scan.skip ? scan.skip[channel] : 0.0f),
        row(this->batch),
        at(row * scan.channels + channel) {}

  // `raw_step` gives what Δ is made of.
  template <typename Raw>
  __device__ __forceinline__ void run(const Raw& raw_step, T* y) const {
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
    float h[K];
    states.floats(h);
    float out = 0.0f;
#pragma unroll
    for (int k = 0; k < K; k++) {
      h[k] = fmaf(exp2_approx(delta * decay[k]), h[k], delta * u * b[k]);
      out = fmaf(h[k], c[k], out);
    }
    out = fmaf(skip, u, sum_over_channel(out));
    if (scan.gate) out *= gate * sigmoid<T>(gate);
    if (there && this->mine) states.write(h);
    if (this->mine && lane == 0) store(y + at, there ? out : 0.0f);
  }
};

// A step of many sequences, with 16 states a channel that lie so that four can be moved at once: a
// thread has a quarter of a channel in ROWS sequences, so that what belongs to the channel is read
// and prepared once, and all states of a block are on their way together.
template <typename S, int ROWS>
class ManySteps {
  static constexpr int STATES = 16;
  static constexpr int SHARES = 4;  // fours of the weight a lane
  using Four = typename FourOf<S>::Type;

 public:
  __device__ __forceinline__ ManySteps(const Scan<bf16>& scan, const Projection& projection,
                                       const S* state, int64_t batch)
      : scan_(scan), rank_(static_cast<int>(projection.rank)), batch_(static_cast<int>(batch)),
        lane_(threadIdx.x % LANES), first_(blockIdx.y * ROWS) {
    const int wanted = blockIdx.x * THREAD_CHANNELS + threadIdx.x / LANES;
    mine_ = wanted < scan.channels;
    channel_ = mine_ ? wanted : static_cast<int>(scan.channels) - 1;
#pragma unroll
    for (int r = 0; r < ROWS; r++) four_[r] = *reinterpret_cast<const Four*>(state + place(r));
    a_log_ = *reinterpret_cast<const float4*>(scan.a_log + channel_ * STATES + lane_ * 4);
    const bf16* weight = projection.weight + static_cast<int64_t>(channel_) * rank_;
#pragma unroll
    for (int i = 0; i < SHARES; i++) weight_[i] = share(weight, i);
    bias_ = scan.bias ? scan.bias[channel_] : 0.0f;
    skip_ = scan.skip ? scan.skip[channel_] : 0.0f;
  }

  __device__ __forceinline__ void run(S* state, bf16* y) const {
    float raw[ROWS];
    uint2 b[ROWS];
    uint2 c[ROWS];
    bf16 u[ROWS];
    bf16 gate[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      const int64_t row = row_of(r);
      b[r] = *reinterpret_cast<const uint2*>(scan_.b + row * STATES + lane_ * 4);
      c[r] = *reinterpret_cast<const uint2*>(scan_.c + row * STATES + lane_ * 4);
      u[r] = scan_.u[row * scan_.channels + channel_];
      if (scan_.gate) gate[r] = scan_.gate[row * scan_.channels + channel_];
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      raw[r] = 0.0f;
#pragma unroll
      for (int i = 0; i < SHARES; i++) {
        raw[r] += total(quad_of(weight_[i]) *
                        quad_of(share(scan_.delta + row_of(r) * rank_, i)));
      }
    }
    const float4 decay = make_float4(-expf(a_log_.x) * LOG2_E, -expf(a_log_.y) * LOG2_E,
                                     -expf(a_log_.z) * LOG2_E, -expf(a_log_.w) * LOG2_E);
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      const float before = sum_over_channel(raw[r]) + bias_;
      const float delta = scan_.softplus ? softplus<bf16>(before) : before;
      const float in = load(&u[r]);
      const float4 entering = quad_of(b[r]) * (delta * in);
      float4 h = floats_of(four_[r]);
      h.x = fmaf(exp2_approx(delta * decay.x), h.x, entering.x);
      h.y = fmaf(exp2_approx(delta * decay.y), h.y, entering.y);
      h.z = fmaf(exp2_approx(delta * decay.z), h.z, entering.z);
      h.w = fmaf(exp2_approx(delta * decay.w), h.w, entering.w);
      float out = fmaf(skip_, in, sum_over_channel(total(h * quad_of(c[r]))));
      if (scan_.gate) {
        const float open = load(&gate[r]);
        out *= open * sigmoid<bf16>(open);
      }
      if (!mine_ || first_ + r >= batch_) continue;
      const bool there = !scan_.segments || scan_.segments[row_of(r)] >= 0;
      if (there) {
        Four next;
        round_to(next, h);
        *reinterpret_cast<Four*>(state + place(r)) = next;
      }
      if (lane_ == 0) store(y + row_of(r) * scan_.channels + channel_, there ? out : 0.0f);
    }
  }

 private:
  // Rows beyond the last are copies of it, and not written.
  __device__ __forceinline__ int64_t row_of(int r) const { return min(first_ + r, batch_ - 1); }
  __device__ __forceinline__ int64_t place(int r) const {
    return (row_of(r) * scan_.channels + channel_) * STATES + lane_ * 4;
  }
  __device__ __forceinline__ uint2 share(const bf16* from, int i) const {
    const int at = (i * LANES + lane_) * 4;
    return at < rank_ ? *reinterpret_cast<const uint2*>(from + at) : make_uint2(0, 0);
  }

  const Scan<bf16>& scan_;
  const int rank_;
  const int batch_;
  const int lane_;
  const int first_;
  bool mine_;
  int channel_;
  Four four_[ROWS];
  float4 a_log_;
  uint2 weight_[SHARES];
  float bias_;
  float skip_;
};

// `ahead` tells that states and parameters may be read before the predecessor has ended.
#define STEP(T, S, NAME, K)                                                                   \
  extern "C" __global__ void __launch_bounds__(THREADS) selective_scan_step_##NAME##_##K(     \
      const __grid_constant__ Scan<T> scan, S* state, T* y, int ahead) {                      \
    let_successor_begin();                                                                    \
    if (!ahead) wait_for_predecessor();                                                       \
    const Step<T, S, K> step(scan, state);                                                    \
    wait_for_predecessor();                                                                   \
    step.run([&] { return load(scan.delta + step.at); }, y);                                  \
  }

#define PROJECTED(S, NAME, K)                                                                 \
  extern "C" __global__ void __launch_bounds__(THREADS)                                       \
      selective_scan_projected_##NAME##_##K(                                                  \
      const __grid_constant__ Scan<bf16> scan, const __grid_constant__ Projection projection, \
      S* state, bf16* y, int ahead) {                                                         \
    let_successor_begin();                                                                    \
    if (!ahead) wait_for_predecessor();                                                       \
    const Step<bf16, S, K> step(scan, state);                                                 \
    const Share share(projection, step.channel);                                              \
    wait_for_predecessor();                                                                   \
    const bf16* features = scan.delta + step.row * projection.rank;                           \
    step.run([&] { return sum_over_channel(share(features)); }, y);                           \
  }

#define MANY(S, NAME, ROWS)                                                                   \
  extern "C" __global__ void __launch_bounds__(THREADS, 7) selective_scan_many_##NAME(        \
      const __grid_constant__ Scan<bf16> scan, const __grid_constant__ Projection projection, \
      S* state, bf16* y, int ahead, int64_t batch) {                                          \
    let_successor_begin();                                                                    \
    if (!ahead) wait_for_predecessor();                                                       \
    const ManySteps<S, ROWS> steps(scan, projection, state, batch);                           \
    wait_for_predecessor();                                                                   \
    steps.run(state, y);                                                                      \
  }

#define STEPS(K)                 \
  STEP(float, float, f32, K)     \
  STEP(bf16, float, bf16, K)     \
  STEP(float, bf16, half_f32, K) \
  STEP(bf16, bf16, half_bf16, K) \
  PROJECTED(float, bf16, K)      \
  PROJECTED(bf16, half_bf16, K)

STEPS(1)
STEPS(4)
STEPS(16)

MANY(float, bf16, 2)
MANY(bf16, half_bf16, 2)
