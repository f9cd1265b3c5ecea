# Executables for another Linux machine that has glibc, a driver and CUDA's libraries, but none of the
# other dependencies: those are linked statically, or stand beside the program.

# Each table of kernels in OpenBLAS is 1 to 2 MB of machine code in every executable. Machines with a
# GPU that is supported have AVX2 or better; any other is served by the kernels of the oldest table.
set(vnsweep_blas_tables "")
foreach(core CORE2 PENRYN DUNNINGTON NEHALEM OPTERON OPTERON_SSE3 BARCELONA BOBCAT ATOM NANO
             SANDYBRIDGE BULLDOZER PILEDRIVER STEAMROLLER EXCAVATOR)
  list(APPEND vnsweep_blas_tables "LINKER:--defsym=gotoblas_${core}=gotoblas_PRESCOTT")
endforeach()

# What an executable takes along. Called by vnsweep_target().
function(vnsweep_bundle_target target)
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "EXECUTABLE")
    return()
  endif()
  # A library of CUDA that is linked for one engine must not be needed by a test of another.
  target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc -s
    LINKER:--as-needed,--gc-sections ${vnsweep_blas_tables})
  # Beside the program, above the folder of the tests, in an unpacked tarball, and where CUDA is installed
  # by default; never where this machine has its libraries.
  set_target_properties(${target} PROPERTIES BUILD_WITH_INSTALL_RPATH ON
    INSTALL_RPATH "$ORIGIN;$ORIGIN/..;$ORIGIN/../lib/vnsweep;/usr/local/cuda/lib64")
endfunction()

# find_library() and with it pkg_check_modules() find only static libraries from here on. What has
# none, here Highway, stays as -l<name> and is linked dynamically.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
