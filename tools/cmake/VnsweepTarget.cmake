# Settings that every target of this project has in common.
function(vnsweep_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})

  # Designated initializers leave defaults.
  set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Warns of overlaps inside std::string that cannot happen (GCC bug 105651).
    list(APPEND warnings -Wno-restrict)
  endif()
  set(cxx_options ${warnings})
  # __FILE__ in messages is relative to the project.
  list(APPEND cxx_options -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
  # Instrumented code makes GCC warn of uninitialised values that are not.
  if(VNSWEEP_WERROR AND NOT VNSWEEP_SANITIZE)
    list(APPEND cxx_options -Werror)
  endif()
  if(VNSWEEP_SANITIZE)
    list(APPEND cxx_options -fsanitize=address,undefined -fno-sanitize-recover=all
         -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${cxx_options}>")

  if(VNSWEEP_CUDA)
    set_target_properties(${target} PROPERTIES
      CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON CUDA_EXTENSIONS OFF CUDA_SEPARABLE_COMPILATION OFF)
    # The host compiler sees code that nvcc generated: -Wpedantic finds faults in that alone.
    set(cuda_options
      -Xcompiler=-Wall,-Wextra,-Wno-missing-field-initializers
      -Xptxas=-warn-spills)
    # nvcc does not hand on an argument with a space in one piece; messages name whole paths then.
    if(NOT PROJECT_SOURCE_DIR MATCHES " ")
      list(APPEND cuda_options -Xcompiler=-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
    endif()
    if(VNSWEEP_WERROR)
      list(APPEND cuda_options -Werror=all-warnings -Xcompiler=-Werror)
    endif()
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:${cuda_options}>")
  endif()

  if(VNSWEEP_BUNDLE)
    vnsweep_bundle_target(${target})
  endif()
endfunction()
