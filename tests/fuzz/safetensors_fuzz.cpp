// A trace's file can be read back by the format's own rules, whatever its metadata hold. vnsweep
// itself reads no such file. The first line is the key, the rest its value.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "host/manifest/utf8.hpp"
#include "host/trace/safetensors.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace vnsweep {
namespace {

void try_metadata(const std::string& key, const std::string& value) {
  const std::filesystem::path file = testing::scratch() / "t.safetensors";
  SafetensorsWriter writer;
  writer.set_metadata(key, value);
  writer.add("w", {2, 1}, SafetensorsWriter::Type::f64, {1.0, 2.0});
  writer.write(file);

  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  std::uint64_t length = 0;
  testing::require(bytes.size() > sizeof length, "there is a header");
  std::memcpy(&length, bytes.data(), sizeof length);
  constexpr std::size_t kDataBytes = 2 * sizeof(double);
  testing::require(bytes.size() == sizeof length + length + kDataBytes,
                   "header and data are the whole file");
  const auto header = nlohmann::json::parse(bytes.substr(sizeof length, length), nullptr, false);
  testing::require(!header.is_discarded(), "the header is JSON");
  testing::require(header.at("__metadata__").at(key) == value, "the value is as it was given");
}

}  // namespace
}  // namespace vnsweep

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vnsweep::testing::text_of(data, size);
  // Names and values come from manifests, which are UTF-8.
  if (!vnsweep::is_valid_utf8(input)) return 0;
  const std::size_t end = std::min(input.find('\n'), input.size());
  vnsweep::try_metadata(std::string(input.substr(0, end)),
                        std::string(input.substr(std::min(end + 1, input.size()))));
  return 0;
}
