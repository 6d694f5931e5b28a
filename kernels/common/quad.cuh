// Four neighbouring elements at a time, of F32 or BF16 as an argument tells: memory-bound kernels
// lose nothing by deciding at run time, and one kernel serves all combinations.

#pragma once

#include "common/tensor.cuh"

__device__ __forceinline__ float4 quad_of(uint2 bits) {
  return make_float4(__uint_as_float(bits.x << 16), __uint_as_float(bits.x & 0xffff0000u),
                     __uint_as_float(bits.y << 16), __uint_as_float(bits.y & 0xffff0000u));
}

__device__ __forceinline__ uint2 bits_of(float4 v) {
  const __nv_bfloat162 low = __floats2bfloat162_rn(v.x, v.y);
  const __nv_bfloat162 high = __floats2bfloat162_rn(v.z, v.w);
  return make_uint2(*reinterpret_cast<const uint32_t*>(&low),
                    *reinterpret_cast<const uint32_t*>(&high));
}

// Quad `index` of a tensor.
__device__ __forceinline__ float4 load_quad(const void* p, int64_t index, bool half) {
  return half ? quad_of(static_cast<const uint2*>(p)[index])
              : static_cast<const float4*>(p)[index];
}

__device__ __forceinline__ void store_quad(void* p, int64_t index, bool half, float4 v) {
  if (half) static_cast<uint2*>(p)[index] = bits_of(v);
  else static_cast<float4*>(p)[index] = v;
}

// A single element likewise.
__device__ __forceinline__ float load_one(const void* p, int64_t index, bool half) {
  return half ? __bfloat162float(static_cast<const bf16*>(p)[index])
              : static_cast<const float*>(p)[index];
}

__device__ __forceinline__ void store_one(void* p, int64_t index, bool half, float v) {
  if (half) static_cast<bf16*>(p)[index] = __float2bfloat16(v);
  else static_cast<float*>(p)[index] = v;
}

__device__ __forceinline__ float4 operator+(float4 a, float4 b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}
__device__ __forceinline__ float4 operator-(float4 a, float b) {
  return make_float4(a.x - b, a.y - b, a.z - b, a.w - b);
}
__device__ __forceinline__ float4 operator*(float4 a, float4 b) {
  return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w);
}
__device__ __forceinline__ float4 operator*(float4 a, float b) {
  return make_float4(a.x * b, a.y * b, a.z * b, a.w * b);
}
__device__ __forceinline__ float total(float4 v) { return (v.x + v.y) + (v.z + v.w); }
