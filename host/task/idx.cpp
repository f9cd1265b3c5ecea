#include "host/task/idx.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include "host/task/data_error.hpp"
#include "host/task/targets.hpp"
#include "host/task/task.hpp"

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

/// Calls visit(T()) with T the type of the elements in memory.
template <class Visit>
auto with_type(IdxType type, Visit visit) {
  switch (type) {
    case IdxType::ubyte:
      break;
    case IdxType::sbyte:
      return visit(std::int8_t{});
    case IdxType::int16:
      return visit(std::int16_t{});
    case IdxType::int32:
      return visit(std::int32_t{});
    case IdxType::float32:
      return visit(float{});
    case IdxType::float64:
      return visit(double{});
  }
  return visit(std::uint8_t{});
}

/// Unsigned integer of so many bytes.
template <std::size_t Size>
struct WordOf;
template <>
struct WordOf<1> {
  using Type = std::uint8_t;
};
template <>
struct WordOf<2> {
  using Type = std::uint16_t;
};
template <>
struct WordOf<4> {
  using Type = std::uint32_t;
};
template <>
struct WordOf<8> {
  using Type = std::uint64_t;
};

/// The first sizeof(T) bytes as a big-endian T.
template <class T>
T element(std::string_view bytes) {
  return std::bit_cast<T>(big_endian<typename WordOf<sizeof(T)>::Type>(bytes));
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

template <class T>
std::vector<T> elements_of(const IdxArray& array, const std::string& name) {
  std::vector<T> values(array.rows * array.row_size);
  for (std::size_t e = 0; e < values.size(); ++e) {
    values[e] = element<T>(array.elements.substr(e * sizeof(T)));
    const auto value = static_cast<double>(values[e]);
    if (!std::isfinite(value) || std::abs(value) > std::numeric_limits<float>::max()) {
      throw DataError(fmt::format("{}: element {} of sample {} is {}, not a finite float32", name,
                                  e % array.row_size, e / array.row_size, value));
    }
  }
  return values;
}

/// Refuses samples that are too large to train on, and too many to keep their classes in memory,
/// before any is copied. A subset may need less than the whole file.
void check_size(const IdxArray& features, const std::string& name) {
  if (features.row_size >= kMaxDataNumbers) {
    throw DataError(fmt::format("{}: a sample has {} features (the limit is {}); use smaller ones",
                                name, features.row_size, kMaxDataNumbers - 1));
  }
  if (features.rows > kMaxDataNumbers / 2) {
    throw DataError(fmt::format("{}: has {} samples (the limit is {}); use fewer samples", name,
                                features.rows, kMaxDataNumbers / 2));
  }
}

/// Numbers the classes in the order of their labels.
template <class T>
void sort_labels(const std::vector<T>& labels, const std::string& name, FileData& data) {
  std::map<T, std::int32_t> classes;
  for (const T label : labels) {
    classes.emplace(label, 0);
    if (classes.size() > kMaxClasses) {
      throw DataError(fmt::format("{}: has more than {} different labels; are they labels?", name,
                                  kMaxClasses));
    }
  }
  if (classes.size() < 2) {
    throw DataError(
        fmt::format("{}: every label is {}; expected at least 2 classes", name, labels[0]));
  }
  for (auto& entry : classes)
    entry.second = data.class_count++;
  data.classes.reserve(labels.size());
  for (const T label : labels)
    data.classes.push_back(classes.at(label));
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
  with_type(array.type, [&](auto zero) {
    using T = decltype(zero);
    sort_labels(elements_of<T>(array, name), name, data);
  });
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
  check_size(features, images_name);
  FileData data{.samples = static_cast<std::int64_t>(features.rows),
                .inputs = static_cast<std::int64_t>(features.row_size)};
  with_type(features.type,
            [&](auto zero) { data.features = elements_of<decltype(zero)>(features, images_name); });
  read_labels(targets, labels_name, data);
  return data;
}

}  // namespace vnsweep
