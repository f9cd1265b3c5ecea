#include "host/trace/safetensors.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

TEST(SafetensorsTest, LayoutIsThatOfTheFormat) {
  const testing::TemporaryDirectory directory;
  const auto file = directory.path() / "t.safetensors";
  SafetensorsWriter writer;
  writer.add("a", {2, 1}, SafetensorsWriter::Type::f32, {1.5, -2.0});
  writer.add("b", {1}, SafetensorsWriter::Type::f64, {0.1});
  writer.add("c", {3}, {7, 8, 9});
  writer.set_metadata("config", "{\"x\": 1}");

  writer.write(file);

  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0U);
  const auto header = nlohmann::json::parse(bytes.substr(8, length));
  EXPECT_EQ(header["__metadata__"]["config"], "{\"x\": 1}");
  EXPECT_EQ(header["a"]["dtype"], "F32");
  EXPECT_EQ(header["a"]["shape"], nlohmann::json({2, 1}));
  EXPECT_EQ(header["a"]["data_offsets"], nlohmann::json({0, 8}));
  EXPECT_EQ(header["b"]["data_offsets"], nlohmann::json({8, 16}));
  EXPECT_EQ(header["c"]["dtype"], "I32");
  EXPECT_EQ(bytes.size(), 8 + length + 28);
  float first = 0.0F;
  std::memcpy(&first, bytes.data() + 8 + length, 4);
  EXPECT_EQ(first, 1.5F);
}

TEST(SafetensorsTest, AShapeThatDoesNotFitIsRefused) {
  SafetensorsWriter writer;

  EXPECT_THROW(writer.add("a", {3}, SafetensorsWriter::Type::f64, {1.0}), std::logic_error);
}

TEST(SafetensorsTest, AnUnwritableFileIsNamed) {
  EXPECT_THROW(SafetensorsWriter().write("/nonexistent/x.safetensors"), std::runtime_error);
}

}  // namespace
}  // namespace vnsweep
