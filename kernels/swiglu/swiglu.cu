#include "common/tensor.cuh"

// SiLU(gate)·up and its gradients: as many elements a thread as 16 bytes hold, where addresses
// allow, else one by one.

template <typename T>
struct Pack {
  static constexpr int EACH = 16 / sizeof(T);
  alignas(16) T element[EACH];
};

template <typename T>
__device__ __forceinline__ Pack<T> pack_at(const T* from, int64_t i) {
  return *reinterpret_cast<const Pack<T>*>(from + i);
}

__device__ __forceinline__ bool aligned(const void* a, const void* b, const void* c,
                                        const void* d, const void* e) {
  const auto bits = reinterpret_cast<uintptr_t>(a) | reinterpret_cast<uintptr_t>(b) |
                    reinterpret_cast<uintptr_t>(c) | reinterpret_cast<uintptr_t>(d) |
                    reinterpret_cast<uintptr_t>(e);
  return bits % 16 == 0;
}

__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }

template <typename T>
__device__ __forceinline__ void forward(const T* gate, const T* up, T* out, int64_t n) {
  constexpr int EACH = Pack<T>::EACH;
  const int64_t packs = aligned(gate, up, out, nullptr, nullptr) ? n / EACH : 0;
  GRID_LOOP(i, packs) {
    const Pack<T> g = pack_at(gate, i * EACH);
    const Pack<T> u = pack_at(up, i * EACH);
    Pack<T> y;
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      const float value = load(&g.element[k]);
      store(&y.element[k], value * sigmoid(value) * load(&u.element[k]));
    }
    *reinterpret_cast<Pack<T>*>(out + i * EACH) = y;
  }
  const int64_t done = packs * EACH;
  GRID_LOOP(r, n - done) {
    const float value = load(gate + done + r);
    store(out + done + r, value * sigmoid(value) * load(up + done + r));
  }
}

struct Slopes {
  float gate;
  float up;
};

__device__ __forceinline__ Slopes slopes(float gate, float up, float gradient) {
  const float s = sigmoid(gate);
  const float scaled = gradient * s;
  return {scaled * up * fmaf(gate, 1.0f - s, 1.0f), scaled * gate};
}

// Either gradient may be unwanted: null.
template <typename T>
__device__ __forceinline__ void backward(const T* gate, const T* up, const T* gradient,
                                         T* gate_gradient, T* up_gradient, int64_t n) {
  constexpr int EACH = Pack<T>::EACH;
  const int64_t packs =
      aligned(gate, up, gradient, gate_gradient, up_gradient) ? n / EACH : 0;
  GRID_LOOP(i, packs) {
    const Pack<T> g = pack_at(gate, i * EACH);
    const Pack<T> u = pack_at(up, i * EACH);
    const Pack<T> d = pack_at(gradient, i * EACH);
    Pack<T> dg;
    Pack<T> du;
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      const Slopes found =
          slopes(load(&g.element[k]), load(&u.element[k]), load(&d.element[k]));
      store(&dg.element[k], found.gate);
      store(&du.element[k], found.up);
    }
    if (gate_gradient) *reinterpret_cast<Pack<T>*>(gate_gradient + i * EACH) = dg;
    if (up_gradient) *reinterpret_cast<Pack<T>*>(up_gradient + i * EACH) = du;
  }
  const int64_t done = packs * EACH;
  GRID_LOOP(r, n - done) {
    const int64_t i = done + r;
    const Slopes found = slopes(load(gate + i), load(up + i), load(gradient + i));
    if (gate_gradient) store(gate_gradient + i, found.gate);
    if (up_gradient) store(up_gradient + i, found.up);
  }
}

#define SWIGLU(T, NAME)                                                                     \
  extern "C" __global__ void swiglu_forward_##NAME(const T* gate, const T* up, T* out,      \
                                                   int64_t n) {                             \
    forward(gate, up, out, n);                                                              \
  }                                                                                         \
  extern "C" __global__ void swiglu_backward_##NAME(const T* gate, const T* up,             \
                                                    const T* gradient, T* gate_gradient,    \
                                                    T* up_gradient, int64_t n) {            \
    backward(gate, up, gradient, gate_gradient, up_gradient, n);                            \
  }

SWIGLU(float, f32)
SWIGLU(bf16, bf16)
