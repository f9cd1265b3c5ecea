#include "host/cli/event_log.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

#include "host/cli/terminal_text.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

EventLog::EventLog(const std::filesystem::path& file) : file_(file), stream_(file, std::ios::app) {
  if (!stream_) {
    throw std::runtime_error(fmt::format(
        "cannot write the log {} (its folder is missing or not writable); name another file with "
        "--log-json",
        file.string()));
  }
}

void EventLog::write(const std::string& event, const nlohmann::ordered_json& fields) {
  nlohmann::ordered_json line = {{"time", utc_now()}, {"event", event}};
  line.update(fields);
  // Names from a manifest may be no UTF-8; what is not is replaced.
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  const std::scoped_lock lock(mutex_);
  if (broken_) return;
  stream_ << text << '\n' << std::flush;
  if (stream_) return;
  broken_ = true;
  // Not through the logger, which writes here.
  fmt::print(stderr, "vnsweep: the log {} ends here (no room to write?); the sweep goes on\n",
             terminal_text(file_.string()));
}

void EventLogSink::sink_it_(const spdlog::details::log_msg& message) {
  const auto level = spdlog::level::to_string_view(message.level);
  log_->write("message", {{"level", std::string(level.data(), level.size())},
                          {"text", std::string(message.payload.data(), message.payload.size())}});
}

}  // namespace vnsweep
