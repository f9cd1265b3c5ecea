#include "host/task/idx.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include "host/task/data_error.hpp"
#include "host/task/targets.hpp"

namespace vnsweep {
namespace {

/// Third byte of a file.
enum class IdxType : unsigned char {
  ubyte = 0x08,
  sbyte = 0x09,
  int16 = 0x0b,
  int32 = 0x0c,
  float32 = 0x0d,
  float64 = 0x0e,
};

/// @returns 0 for what is no type
std::size_t size_of(IdxType type) {
  switch (type) {
    case IdxType::ubyte:
    case IdxType::sbyte:
      return 1;
    case IdxType::int16:
      return 2;
    case IdxType::int32:
    case IdxType::float32:
      return 4;
    case IdxType::float64:
      return 8;
  }
  return 0;
}

/// The first sizeof(Word) bytes as a big-endian number.
template <class Word>
Word big_endian(std::string_view bytes) {
  Word word = 0;
  for (std::size_t k = 0; k < sizeof(Word); ++k)
    word = static_cast<Word>(word << 8) | static_cast<unsigned char>(bytes[k]);
  return word;
}

double element(std::string_view bytes, IdxType type) {
  switch (type) {
    case IdxType::ubyte:
      return big_endian<std::uint8_t>(bytes);
    case IdxType::sbyte:
      return static_cast<std::int8_t>(big_endian<std::uint8_t>(bytes));
    case IdxType::int16:
      return static_cast<std::int16_t>(big_endian<std::uint16_t>(bytes));
    case IdxType::int32:
      return static_cast<std::int32_t>(big_endian<std::uint32_t>(bytes));
    case IdxType::float32:
      return std::bit_cast<float>(big_endian<std::uint32_t>(bytes));
    case IdxType::float64:
      return std::bit_cast<double>(big_endian<std::uint64_t>(bytes));
  }
  return 0.0;
}

/// An array whose header has been checked against the bytes that follow it.
struct IdxArray {
  IdxType type{};
  std::size_t rank = 0;
  std::size_t rows = 0;      ///< first dimension
  std::size_t row_size = 1;  ///< product of the others
  std::string_view elements;
};

IdxArray parse_header(std::string_view bytes, const std::string& name) {
  constexpr std::size_t kMagicSize = 4;
  if (bytes.size() < kMagicSize) {
    throw DataError(
        fmt::format("{}: has {} bytes, fewer than the header of an IDX file", name, bytes.size()));
  }
  IdxArray array{.type = static_cast<IdxType>(bytes[2]),
                 .rank = static_cast<unsigned char>(bytes[3])};
  const std::size_t element_size = size_of(array.type);
  if (bytes[0] != 0 || bytes[1] != 0 || element_size == 0 || array.rank == 0) {
    throw DataError(
        fmt::format("{}: is not an IDX file (it begins with {:08x}; expected 0000, one "
                    "of 08 09 0b 0c 0d 0e for the type, and the rank)",
                    name, big_endian<std::uint32_t>(bytes)));
  }
  const std::size_t header_size = kMagicSize + 4 * array.rank;
  if (bytes.size() < header_size) {
    throw DataError(fmt::format("{}: is cut short in its header; get the file again", name));
  }
  // The product stops where it is beyond any file, before it can overflow.
  std::size_t expected = element_size;
  for (std::size_t d = 0; d < array.rank; ++d) {
    const std::size_t size = big_endian<std::uint32_t>(bytes.substr(kMagicSize + 4 * d));
    if (size == 0) throw DataError(fmt::format("{}: dimension {} is 0: no samples", name, d + 1));
    if (expected > std::numeric_limits<std::size_t>::max() / size) {
      throw DataError(fmt::format("{}: its header promises more than 2^64 bytes", name));
    }
    expected *= size;
    if (d == 0) {
      array.rows = size;
    } else {
      array.row_size *= size;
    }
  }
  array.elements = bytes.substr(header_size);
  if (array.elements.size() != expected) {
    throw DataError(
        fmt::format("{}: has {} bytes after its header, which promises {}; get the file "
                    "again",
                    name, array.elements.size(), expected));
  }
  return array;
}

std::vector<double> elements_of(const IdxArray& array, const std::string& name) {
  const std::size_t size = size_of(array.type);
  std::vector<double> values(array.rows * array.row_size);
  for (std::size_t e = 0; e < values.size(); ++e) {
    values[e] = element(array.elements.substr(e * size), array.type);
    if (!std::isfinite(values[e]) || std::abs(values[e]) > std::numeric_limits<float>::max()) {
      throw DataError(fmt::format("{}: element {} of sample {} is {}, not a finite float32", name,
                                  e % array.row_size, e / array.row_size, values[e]));
    }
  }
  return values;
}

void read_labels(const IdxArray& array, const std::string& name, FileData& data) {
  if (array.rank != 1) {
    throw DataError(
        fmt::format("{}: labels must be of rank 1, not {}; are `images` and `labels` "
                    "exchanged?",
                    name, array.rank));
  }
  if (array.type == IdxType::float32 || array.type == IdxType::float64) {
    throw DataError(fmt::format("{}: labels must be integers, not floating-point numbers", name));
  }
  const std::vector<double> values = elements_of(array, name);
  std::map<double, std::int32_t> classes;
  for (const double value : values)
    classes.emplace(value, 0);
  if (classes.size() < 2) {
    throw DataError(
        fmt::format("{}: every label is {}; expected at least 2 classes", name, values[0]));
  }
  if (classes.size() > kMaxClasses) {
    throw DataError(
        fmt::format("{}: has more than {} different labels; are they labels?", name, kMaxClasses));
  }
  for (auto& entry : classes)
    entry.second = data.class_count++;
  for (const double value : values)
    data.classes.push_back(classes.at(value));
}

}  // namespace

FileData parse_idx(std::string_view images, const std::string& images_name, std::string_view labels,
                   const std::string& labels_name) {
  const IdxArray features = parse_header(images, images_name);
  const IdxArray targets = parse_header(labels, labels_name);
  if (features.rows != targets.rows) {
    throw DataError(fmt::format("{} has {} samples, {} has {}; they do not belong together",
                                images_name, features.rows, labels_name, targets.rows));
  }
  FileData data{.samples = static_cast<std::int64_t>(features.rows),
                .inputs = static_cast<std::int64_t>(features.row_size)};
  if (features.type == IdxType::ubyte) {
    data.features = std::vector<std::uint8_t>(features.elements.begin(), features.elements.end());
  } else {
    data.features = elements_of(features, images_name);
  }
  read_labels(targets, labels_name, data);
  return data;
}

}  // namespace vnsweep
