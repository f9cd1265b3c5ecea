// Writes what cannot be kept as text into DIR/<target>/: small databases, IDX files and packed
// ones.
#include <zlib.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "host/store/store.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

void write(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

/// Pages are small, so that mutations hit what matters.
void shrink(const fs::path& file) {
  Database database(file, Database::Mode::read_write);
  database.execute("PRAGMA page_size = 512");
  database.execute("VACUUM");
}

void make_databases(const fs::path& folder) {
  fs::create_directories(folder);
  for (const RunStatus status : {RunStatus::succeeded, RunStatus::failed, RunStatus::error}) {
    const fs::path file = folder / (std::string(to_string(status)) + ".db");
    fs::remove(file);
    {
      Store store = Store::open_for_writing(file);
      store.begin_session();
      const RunSpec spec = testing::runs_of("{depth: 2, width: 4}").front();
      store.commit({{testing::result_of(spec, status)}});
      store.end_session();
    }
    shrink(file);
  }
}

std::string packed(const std::string& bytes) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return "";
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// Two files as the target idx takes them.
std::string pair_of(const std::string& images, const std::string& labels) {
  const std::string size = {static_cast<char>(images.size() % 256),
                            static_cast<char>(images.size() / 256)};
  return size + images + labels;
}

void make_idx(const fs::path& folder) {
  const std::string images = "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02"s + "\x01\x02\xfe\xff"s;
  const std::string floats = "\0\0\x0d\x01\0\0\0\x02"s + "\x3f\x80\0\0\xbf\x80\0\0"s;
  const std::string labels = "\0\0\x08\x01\0\0\0\x02\0\x01"s;
  write(folder / "plain", pair_of(images, labels));
  write(folder / "packed", pair_of(packed(images), packed(labels)));
  write(folder / "floats", pair_of(floats, labels));
}

}  // namespace
}  // namespace vnsweep

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: fuzz_seeds DIR\n", stderr);
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  vnsweep::make_databases(directory / "database");
  vnsweep::make_idx(directory / "idx");
  return 0;
}
