#include "host/task/idx.hpp"

#include <gmock/gmock.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <new>

#include "host/task/data_error.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values)
    text += static_cast<char>(value);
  return text;
}

/// Two images of 1 x 3 pixels.
const std::string kImages =
    bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 255, 4, 5, 6});
const std::string kLabels = bytes({0, 0, 8, 1, 0, 0, 0, 2, 7, 3});

/// A header and so many zeros, which take no memory until they are read.
class ZeroFile {
 public:
  ZeroFile(std::initializer_list<int> header, std::size_t zeros) : size_(header.size() + zeros) {
    data_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data_ == MAP_FAILED) throw std::bad_alloc();
    std::copy(header.begin(), header.end(), static_cast<unsigned char*>(data_));
  }
  ZeroFile(const ZeroFile&) = delete;
  ZeroFile& operator=(const ZeroFile&) = delete;
  ~ZeroFile() { munmap(data_, size_); }

  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_;
};

FileData read(std::string_view images, std::string_view labels) {
  return parse_idx(images, "i.idx", labels, "l.idx");
}

std::string error_of(std::string_view images, std::string_view labels) {
  try {
    read(images, labels);
  } catch (const DataError& e) {
    return e.what();
  }
  return "no error";
}

/// Features, which must be of the type T in memory.
template <class T>
std::vector<T> numbers_of(const std::string& images) {
  return std::get<std::vector<T>>(read(images, kLabels).features);
}

TEST(IdxTest, ImagesAreFlattenedAndClassesSorted) {
  const FileData data = read(kImages, kLabels);

  EXPECT_EQ(data.samples, 2);
  EXPECT_EQ(data.inputs, 3);
  EXPECT_THAT(std::get<std::vector<std::uint8_t>>(data.features), ElementsAre(1, 2, 255, 4, 5, 6));
  EXPECT_THAT(data.classes, ElementsAre(1, 0));
  EXPECT_EQ(data.class_count, 2);
}

TEST(IdxTest, EveryTypeOfElementIsReadAndStaysAsSmallAsInTheFile) {
  // Two samples of one feature each: -2 and 1, of every signed type.
  EXPECT_THAT(numbers_of<std::int8_t>(bytes({0, 0, 9, 1, 0, 0, 0, 2, 0xfe, 1})),
              ElementsAre(-2, 1));
  EXPECT_THAT(numbers_of<std::int16_t>(bytes({0, 0, 0xb, 1, 0, 0, 0, 2, 0xff, 0xfe, 0, 1})),
              ElementsAre(-2, 1));
  EXPECT_THAT(numbers_of<std::int32_t>(
                  bytes({0, 0, 0xc, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 1})),
              ElementsAre(-2, 1));
  EXPECT_THAT(numbers_of<float>(bytes({0, 0, 0xd, 1, 0, 0, 0, 2, 0xc0, 0, 0, 0, 0x3f, 0x80, 0, 0})),
              ElementsAre(-2, 1));
  EXPECT_THAT(numbers_of<double>(bytes({0, 0, 0xe, 1, 0,    0,    0, 2, 0xc0, 0, 0, 0,
                                        0, 0, 0,   0, 0x3f, 0xf0, 0, 0, 0,    0, 0, 0})),
              ElementsAre(-2, 1));
}

TEST(IdxTest, LabelsOfEveryIntegerTypeAreSorted) {
  // Labels 1 and -2: the second is the lesser.
  EXPECT_THAT(read(kImages, bytes({0, 0, 9, 1, 0, 0, 0, 2, 1, 0xfe})).classes, ElementsAre(1, 0));
  EXPECT_THAT(read(kImages, bytes({0, 0, 0xb, 1, 0, 0, 0, 2, 0, 1, 0xff, 0xfe})).classes,
              ElementsAre(1, 0));
  EXPECT_THAT(
      read(kImages, bytes({0, 0, 0xc, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe})).classes,
      ElementsAre(1, 0));
}

TEST(IdxTest, WhatIsTooLargeToTrainOnIsRefusedByItsHeader) {
  // 2^29 numbers are the largest training set, inputs and targets together.
  const ZeroFile wide({0, 0, 9, 2, 0, 0, 0, 1, 0x20, 0, 0, 0}, std::size_t{1} << 29);
  const ZeroFile labels({0, 0, 8, 1, 0, 0, 0, 1}, 1);
  const ZeroFile many({0, 0, 8, 1, 0x10, 0, 0, 1}, (std::size_t{1} << 28) + 1);

  EXPECT_THAT(error_of(wide.bytes(), labels.bytes()),
              HasSubstr("i.idx: a sample has 536870912 features"));
  EXPECT_THAT(error_of(many.bytes(), many.bytes()), HasSubstr("i.idx: has 268435457 samples"));
}

TEST(IdxTest, AFileCutShortAnywhereIsRefused) {
  for (std::size_t size = 0; size < kImages.size(); ++size) {
    EXPECT_THAT(error_of(kImages.substr(0, size), kLabels), HasSubstr("i.idx: ")) << size;
  }
  for (std::size_t size = 0; size < kLabels.size(); ++size) {
    EXPECT_THAT(error_of(kImages, kLabels.substr(0, size)), HasSubstr("l.idx: ")) << size;
  }
}

TEST(IdxTest, MalformedFilesAreExplained) {
  const std::string one_label = bytes({0, 0, 8, 1, 0, 0, 0, 1, 7});
  const std::string same_labels = bytes({0, 0, 8, 1, 0, 0, 0, 2, 7, 7});
  const std::string float_labels = bytes({0, 0, 0xd, 1, 0, 0, 0, 1, 0, 0, 0, 0});
  const std::string infinite = bytes({0, 0, 0xd, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0x7f, 0x80, 0, 0});
  const std::string huge =
      bytes({0, 0, 0xe, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0});
  const std::string large = bytes({0, 0, 8, 2, 0x7f, 255, 255, 255, 0x7f, 255, 255, 255, 0});
  const std::vector<std::array<std::string, 3>> cases = {
      {"PK\x03\x04 and so on", kLabels, "i.idx: is not an IDX file (it begins with 504b0304"},
      {bytes({0, 0, 7, 1, 0, 0, 0, 1, 5}), kLabels, "is not an IDX file"},
      {bytes({0, 0, 8, 0, 5}), kLabels, "is not an IDX file"},
      {kImages + "x", kLabels, "has 7 bytes after its header, which promises 6"},
      {bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 0}), kLabels, "dimension 2 is 0"},
      {huge, kLabels, "promises more than 2^64 bytes"},
      {large, kLabels, "has 1 bytes after its header, which promises 4611686014132420609"},
      {bytes({0, 0, 8, 255, 0, 0, 0, 1}), kLabels, "cut short in its header"},
      {kImages, one_label, "i.idx has 2 samples, l.idx has 1"},
      {kImages, same_labels, "l.idx: every label is 7"},
      {kImages, kImages, "l.idx: labels must be of rank 1, not 3"},
      {bytes({0, 0, 8, 1, 0, 0, 0, 1, 5}), float_labels, "labels must be integers"},
      {infinite, kLabels, "i.idx: element 0 of sample 1 is inf"},
  };
  for (const auto& [images, labels, message] : cases) {
    EXPECT_THAT(error_of(images, labels), HasSubstr(message));
  }
}

}  // namespace
}  // namespace vnsweep
