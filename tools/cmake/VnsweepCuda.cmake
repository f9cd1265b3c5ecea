# Decides whether the CUDA engine is built, and prepares the CUDA language if so.
include(CheckLanguage)

# Not asked for when switched off: the check takes seconds.
if(NOT DEFINED VNSWEEP_CUDA OR VNSWEEP_CUDA)
  check_language(CUDA)
endif()
set(found_cuda OFF)
if(CMAKE_CUDA_COMPILER)
  set(found_cuda ON)
endif()
option(VNSWEEP_CUDA "Build the CUDA engine (default: whether nvcc is found)" ${found_cuda})

if(VNSWEEP_CUDA)
  if(NOT CMAKE_CUDA_COMPILER)
    message(FATAL_ERROR
      "VNSWEEP_CUDA is ON but there is no working CUDA compiler. Install the CUDA Toolkit 12.9 or "
      "newer and put nvcc on PATH, name it with -DCMAKE_CUDA_COMPILER=/path/to/nvcc, or build "
      "without GPUs: -DVNSWEEP_CUDA=OFF.")
  endif()

  # Machine code for the GPUs at hand, and PTX of the newest, which drivers compile for later ones.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES "80-real;90-real;100"
        CACHE STRING "GPUs to build for: compute capability without the dot, -real, -virtual or both")
  endif()
  enable_language(CUDA)
  # 12.8 is the first toolkit that knows compute capability 10.0, and in its first release
  # cusolverDnXsyevBatched reads its workspace before it writes it.
  if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12.9)
    message(FATAL_ERROR
      "The CUDA Toolkit at ${CMAKE_CUDA_COMPILER} is too old (${CMAKE_CUDA_COMPILER_VERSION}, needed "
      "is 12.9). Name a newer one with -DCMAKE_CUDA_COMPILER=/path/to/nvcc, or build without GPUs: "
      "-DVNSWEEP_CUDA=OFF.")
  endif()
  # CMake 3.25 does not know that nvcc does C++20.
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  endif()
  find_package(CUDAToolkit REQUIRED)

  list(JOIN CMAKE_CUDA_ARCHITECTURES " " VNSWEEP_CUDA_ARCHITECTURES)
  set(VNSWEEP_CUDA_VERSION ${CMAKE_CUDA_COMPILER_VERSION})
endif()
