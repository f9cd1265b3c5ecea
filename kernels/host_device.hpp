#pragma once

/// Marks scalar maths that the host compiler and nvcc both compile.
#if defined(__CUDACC__)
#define VNS_HD __host__ __device__
#else
#define VNS_HD
#endif

/// Likewise, for parts of a large program that must not become calls on a device, which would move
/// what is in registers to memory.
#if defined(__CUDACC__)
#define VNS_HD_INLINE __host__ __device__ __forceinline__
#else
#define VNS_HD_INLINE inline
#endif

/// Before a loop: how many turns a device makes at once, which takes registers.
#if defined(__CUDA_ARCH__)
#define VNS_UNROLL(turns) _Pragma(VNS_WORDS(unroll turns))
#define VNS_WORDS(words) #words
#else
#define VNS_UNROLL(turns)
#endif
