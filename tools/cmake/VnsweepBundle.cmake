# Executables for another Linux machine that has glibc, a driver and CUDA's libraries, but none of the
# other dependencies: those are linked statically, or stand beside the program.

# Called by vnsweep_target() for everything that is linked.
function(vnsweep_bundle_link_options target)
  # Shared libraries are looked for beside the program, above the folder of the tests, and where CUDA
  # is installed by default. A library that is linked for one engine must not be needed by a test of
  # another.
  target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc -s
    "LINKER:--as-needed,--enable-new-dtags,-rpath,$ORIGIN:$ORIGIN/..:/usr/local/cuda/lib64")
endfunction()

# The folders of this machine's libraries mean nothing on the other one.
set(CMAKE_SKIP_RPATH ON)

# find_library() and with it pkg_check_modules() find only static libraries from here on. What has
# none, here Highway, stays as -l<name> and is linked dynamically.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
