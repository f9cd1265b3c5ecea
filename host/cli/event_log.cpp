#include "host/cli/event_log.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <system_error>

#include "host/cli/output.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/store/store.hpp"

namespace vnsweep {
namespace {

bool ends_within_a_line(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (stream.tellg() <= 0) return false;
  stream.seekg(-1, std::ios::end);
  return stream.get() != '\n';
}

}  // namespace

EventLog::EventLog(const std::filesystem::path& file) : file_(file), stream_(file, std::ios::app) {
  if (!stream_) {
    throw std::runtime_error(fmt::format(
        "cannot write the log {} (its folder is missing or not writable); name another file with "
        "--log-json",
        file.string()));
  }
  // What was written last may have been cut off by a power failure.
  if (ends_within_a_line(file)) stream_ << '\n' << std::flush;
}

void EventLog::write(const std::string& event, const nlohmann::ordered_json& fields) {
  nlohmann::ordered_json line = {{"time", utc_now()}, {"event", event}};
  line.update(fields);
  // Names from a manifest may be no UTF-8; what is not is replaced.
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  const std::scoped_lock lock(mutex_);
  if (broken_) return;
  std::error_code unknown;
  const std::uintmax_t size = std::filesystem::file_size(file_, unknown);
  stream_ << text << '\n' << std::flush;
  if (stream_) return;
  broken_ = true;
  if (!unknown) drop_after(size);
  // Not through the logger, which writes here.
  write_message(
      fmt::format("vnsweep: the log {} ends here (no room to write?); the sweep goes on\n",
                  terminal_text(file_.string())));
}

/// Leaves no part of a line.
void EventLog::drop_after(std::uintmax_t size) {
  stream_.close();
  std::error_code ignored;
  std::filesystem::resize_file(file_, size, ignored);
}

void EventLogSink::sink_it_(const spdlog::details::log_msg& message) {
  const auto level = spdlog::level::to_string_view(message.level);
  log_->write("message", {{"level", std::string(level.data(), level.size())},
                          {"text", std::string(message.payload.data(), message.payload.size())}});
}

}  // namespace vnsweep
