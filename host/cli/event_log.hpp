#pragma once

#include <spdlog/sinks/base_sink.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

namespace vnsweep {

/// What happens during a sweep, for programs: one JSON object a line, with `time` (UTC, ISO 8601)
/// and `event`. Lines are whole as soon as they are there. From any thread.
class EventLog {
 public:
  /// Appends to the file, on a new line. @throws std::runtime_error if it cannot be opened
  explicit EventLog(const std::filesystem::path& file);

  /// A line that cannot be written is lost, and said once: the sweep is worth more than its log.
  void write(const std::string& event, const nlohmann::ordered_json& fields);

 private:
  void drop_after(std::uintmax_t size);

  std::mutex mutex_;
  std::filesystem::path file_;
  std::ofstream stream_;
  bool broken_ = false;
};

/// Sends what is logged to an event log, too: `level` and `text` of the event `message`.
class EventLogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit EventLogSink(std::shared_ptr<EventLog> log) : log_(std::move(log)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

  std::shared_ptr<EventLog> log_;
};

}  // namespace vnsweep
