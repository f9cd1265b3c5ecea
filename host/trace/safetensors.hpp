#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace vnsweep {

/// Collects tensors and writes them as one safetensors file: an 8-byte little-endian header length,
/// a JSON header, then the data, row-major little-endian.
class SafetensorsWriter {
 public:
  enum class Type { f32, f64, i32 };

  /// Adds a tensor of floating-point values, converted to `type` (f32 or f64).
  void add(const std::string& name, const std::vector<std::int64_t>& shape, Type type,
           const std::vector<double>& values);
  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           const std::vector<std::int32_t>& values);

  void set_metadata(const std::string& key, const std::string& value);

  /// @throws std::runtime_error if the file cannot be written
  void write(const std::filesystem::path& file) const;

 private:
  struct Tensor {
    std::string name;
    std::string type;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> data;
  };
  void store(Tensor tensor);

  std::vector<Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace vnsweep
