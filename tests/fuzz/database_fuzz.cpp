// Any bytes in the place of a database are read or refused.
#include <filesystem>
#include <fstream>

#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/store_reading.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vnsweep;
  const std::filesystem::path file = testing::scratch() / "runs-0.db";
  std::filesystem::remove(file.string() + "-journal");
  std::ofstream(file, std::ios::binary | std::ios::trunc) << testing::text_of(data, size);
  testing::read_everything(file);
  return 0;
}
