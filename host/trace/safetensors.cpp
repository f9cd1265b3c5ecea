#include "host/trace/safetensors.hpp"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "host/store/directory_error.hpp"

namespace vnsweep {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

void SafetensorsWriter::add(const std::string& name, const std::vector<std::int64_t>& shape,
                            Type type, const std::vector<double>& values) {
  if (type == Type::f64) {
    store({name, "F64", shape, bytes_of(values)});
  } else {
    store({name, "F32", shape, bytes_of(std::vector<float>(values.begin(), values.end()))});
  }
}

void SafetensorsWriter::add(const std::string& name, const std::vector<std::int64_t>& shape,
                            const std::vector<std::int32_t>& values) {
  store({name, "I32", shape, bytes_of(values)});
}

void SafetensorsWriter::store(Tensor tensor) {
  const std::int64_t count = std::accumulate(tensor.shape.begin(), tensor.shape.end(),
                                             std::int64_t{1}, std::multiplies<>());
  const std::size_t element = tensor.type == "F64" ? 8 : 4;
  if (static_cast<std::size_t>(count) * element != tensor.data.size()) {
    throw std::logic_error("safetensors: the shape of '" + tensor.name + "' does not fit its data");
  }
  tensors_.push_back(std::move(tensor));
}

void SafetensorsWriter::set_metadata(const std::string& key, const std::string& value) {
  metadata_[key] = value;
}

void SafetensorsWriter::write(const std::filesystem::path& file) const {
  nlohmann::ordered_json header;
  header["__metadata__"] = metadata_;
  std::size_t offset = 0;
  for (const Tensor& tensor : tensors_) {
    header[tensor.name] = {{"dtype", tensor.type},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + tensor.data.size()}}};
    offset += tensor.data.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data starts aligned
  const std::uint64_t length = text.size();

  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(reinterpret_cast<const char*>(&length), sizeof(length));
  stream << text;
  for (const Tensor& tensor : tensors_) {
    stream.write(reinterpret_cast<const char*>(tensor.data.data()),
                 static_cast<std::streamsize>(tensor.data.size()));
  }
  stream.close();
  if (!stream) {
    const int code = errno;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored)) std::filesystem::remove(file, ignored);
    throw_cannot_write(file, code);
  }
}

}  // namespace vnsweep
