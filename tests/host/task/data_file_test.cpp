#include "host/task/data_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "host/task/data_error.hpp"
#include "host/task/gzip.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;

const std::string kText = "a,b,class\n1,10,1\n2,10,0\n3,10,1\n6,10,0\n";
/// gzip.compress(text, 9, mtime=0) of Python 3.11.
const std::string kPacked(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xd4\x49\xd2\x49\xce\x49\x2c\x2e\xe6\x32\xd4\x31"
    "\x34\xd0\x31\xe4\x32\x02\x51\x06\x5c\xc6\x10\x9e\x19\x84\x07\x00\xb0\xb3\xd7\x5d\x26\x00\x00"
    "\x00",
    47);

class DataFileTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) const {
    const std::string path = (directory_.path() / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  static std::string error_of(const std::string& path, std::size_t max_bytes = kMaxDataBytes) {
    try {
      read_data_file(path, max_bytes);
    } catch (const DataError& e) {
      return e.what();
    }
    return "no error";
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(DataFileTest, HashesAreThoseOfTheFileAsItIs) {
  // XXH3_128bits of xxHash 0.8.1, called from Python.
  EXPECT_EQ(read_data_file(write("t.csv", kText)).hash, "ed1e8c323dcd06dd56a2f59bd73578cd");
  EXPECT_EQ(read_data_file(write("t.csv.gz", kPacked)).hash, "9d400372972192476ce051f363c19e60");
}

TEST_F(DataFileTest, GzipFilesAreKnownByTheirBytesAndUnpacked) {
  EXPECT_EQ(read_data_file(write("plain", kText)).bytes, kText);
  EXPECT_EQ(read_data_file(write("packed", kPacked)).bytes, kText);
  EXPECT_EQ(read_data_file(write("two members", kPacked + kPacked)).bytes, kText + kText);
}

TEST_F(DataFileTest, WhatIsNoReadableFileIsExplained) {
  const std::string fifo = (directory_.path() / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);

  EXPECT_THAT(error_of((directory_.path() / "none").string()), HasSubstr("no such file"));
  EXPECT_THAT(error_of(directory_.path().string()), HasSubstr("is a directory"));
  EXPECT_THAT(error_of(fifo), HasSubstr("a device or a pipe"));
  EXPECT_THAT(error_of("/dev/zero"), HasSubstr("a device or a pipe"));
  EXPECT_THAT(error_of(write("t.csv", kText), kText.size() - 1), HasSubstr("the limit is 37"));
}

TEST_F(DataFileTest, AGzipFileCutShortAnywhereIsRefused) {
  for (std::size_t size = 2; size < kPacked.size(); ++size) {
    EXPECT_THAT(error_of(write("cut", kPacked.substr(0, size))), HasSubstr("cut short")) << size;
  }
}

TEST_F(DataFileTest, DamagedGzipFilesAreRefused) {
  std::string wrong_checksum = kPacked;
  wrong_checksum[40] ^= 1;

  EXPECT_THAT(error_of(write("crc", wrong_checksum)), HasSubstr("incorrect data check"));
  EXPECT_THAT(error_of(write("more", kPacked + "trailing")), HasSubstr("incorrect header check"));
}

TEST(GzipTest, UnpackingStopsAtTheLimit) {
  EXPECT_EQ(unpack_gzip(kPacked, "f", kText.size()), kText);
  EXPECT_THROW(unpack_gzip(kPacked, "f", kText.size() - 1), DataError);
}

}  // namespace
}  // namespace vnsweep
