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

/// Gives an input to `try_input`, which may refuse it with a `Refusal` and with nothing else.
template <class Refusal>
int feed(const std::uint8_t* data, std::size_t size, void (*try_input)(std::string_view)) {
  try {
    try_input(text_of(data, size));
  } catch (const Refusal&) {
    // The documented way to refuse.
  }
  return 0;
}

/// A directory that serves all inputs of a process.
inline const std::filesystem::path& scratch() {
  static const TemporaryDirectory directory;
  return directory.path();
}

}  // namespace vnsweep::testing
