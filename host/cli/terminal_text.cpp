#include "host/cli/terminal_text.hpp"

#include <fmt/format.h>

#include "host/manifest/utf8.hpp"

namespace vnsweep {

std::string terminal_text(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const auto [bytes, code] = first_character(text);
    text.remove_prefix(bytes.size());
    if (!code) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes.front()));
    } else if (*code == '\n' || *code == '\t' || !is_control_character(*code)) {
      shown += bytes;
    } else if (*code < 0x80) {
      shown += fmt::format("\\x{:02x}", *code);
    } else {
      shown += fmt::format("\\u{:04x}", *code);
    }
  }
  return shown;
}

}  // namespace vnsweep
