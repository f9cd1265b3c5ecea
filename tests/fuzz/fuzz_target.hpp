#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "tests/temporary_directory.hpp"

/// What libFuzzer calls with every input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace vnsweep::testing {

/// Ends the program, which libFuzzer reports together with the input, unless the claim holds.
inline void require(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", claim);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A directory that serves all inputs of a process.
inline const std::filesystem::path& scratch() {
  static const TemporaryDirectory directory;
  return directory.path();
}

}  // namespace vnsweep::testing
