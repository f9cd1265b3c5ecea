#pragma once

/// Marks scalar maths that the host compiler and nvcc both compile.
#if defined(__CUDACC__)
#define VNS_HD __host__ __device__
#else
#define VNS_HD
#endif
