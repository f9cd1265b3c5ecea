#include "host/task/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <vector>

#include "host/task/data_error.hpp"

namespace vnsweep {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;

/// zlib's state for one file.
class Inflater {
 public:
  Inflater() {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Reads from `rest` what it takes to fill `out`, or to reach the end of a member.
  /// @returns zlib's code
  int inflate_some(std::string_view& rest, std::vector<unsigned char>& out, std::size_t& written) {
    const std::size_t available =
        std::min<std::size_t>(rest.size(), std::numeric_limits<uInt>::max());
    // zlib does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));  // NOLINT
    stream_.avail_in = static_cast<uInt>(available);
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    rest.remove_prefix(available - stream_.avail_in);
    written = out.size() - stream_.avail_out;
    return code;
  }

  void next_member() { inflateReset(&stream_); }

  std::string problem() const { return stream_.msg != nullptr ? stream_.msg : "damaged"; }

 private:
  z_stream stream_{};
};

}  // namespace

bool is_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

std::string unpack_gzip(std::string_view bytes, const std::string& name, std::size_t max_bytes) {
  Inflater inflater;
  std::vector<unsigned char> chunk(kChunk);
  std::string unpacked;
  while (true) {
    std::size_t written = 0;
    const int code = inflater.inflate_some(bytes, chunk, written);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      throw DataError(fmt::format("{}: not a sound gzip file ({}); get the file again", name,
                                  inflater.problem()));
    }
    if (written > max_bytes - unpacked.size()) {
      throw DataError(fmt::format("{}: unpacks to more than {} bytes, the limit; use fewer samples",
                                  name, max_bytes));
    }
    unpacked.append(reinterpret_cast<const char*>(chunk.data()), written);
    if (code == Z_STREAM_END) {
      if (bytes.empty()) return unpacked;
      inflater.next_member();
    } else if (bytes.empty() && written == 0) {
      throw DataError(fmt::format("{}: the gzip file is cut short; get the file again", name));
    }
  }
}

}  // namespace vnsweep
