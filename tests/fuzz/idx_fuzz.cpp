// Two IDX files, plain or packed, are refused with a DataError, or all of them can be trained on.
// The first two bytes are the size of the images, little-endian; they and the labels follow.
#include <algorithm>
#include <string>
#include <string_view>

#include "host/task/data_error.hpp"
#include "host/task/gzip.hpp"
#include "host/task/idx.hpp"
#include "tests/fuzz/data_set_checks.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace vnsweep {
namespace {

constexpr std::size_t kMostUnpacked = std::size_t{1} << 20;

std::string unpacked(std::string_view bytes, const std::string& name) {
  if (!is_gzip(bytes)) return std::string(bytes);
  std::string plain = unpack_gzip(bytes, name, kMostUnpacked);
  testing::require(plain.size() <= kMostUnpacked, "unpacking keeps to its limit");
  return plain;
}

void try_files(std::string_view input) {
  if (input.size() < 2) return;
  const auto low = static_cast<unsigned char>(input[0]);
  const auto high = static_cast<unsigned char>(input[1]);
  input.remove_prefix(2);
  const std::size_t images = std::min<std::size_t>(low + 256U * high, input.size());
  const FileData data = parse_idx(unpacked(input.substr(0, images), "images"), "images",
                                  unpacked(input.substr(images), "labels"), "labels");
  testing::check_data_set(data);
}

}  // namespace
}  // namespace vnsweep

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return vnsweep::testing::feed<vnsweep::DataError>(data, size, vnsweep::try_files);
}
