#include "host/cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "host/cli/output.hpp"
#include "host/plan/batch.hpp"

namespace vnsweep {
namespace {

using namespace std::chrono_literals;

constexpr auto kBarInterval = 200ms;
// Of plain lines and events: a hundredth of the time that has gone by, within these.
constexpr auto kShortestInterval = 5s;
constexpr auto kLongestInterval = 60s;
constexpr int kBarCells = 24;

Progress::Clock::duration interval_after(Progress::Clock::duration elapsed) {
  return std::clamp<Progress::Clock::duration>(elapsed / 100, kShortestInterval, kLongestInterval);
}

std::size_t terminal_width() {
  struct winsize size {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

double rate_of(std::size_t runs, double seconds) {
  return static_cast<double>(runs) / std::max(seconds, 1e-3);
}

nlohmann::ordered_json json_of(const RunCounts& counts, double seconds) {
  return {{"done", counts.done},
          {"failed", counts.failed},
          {"errors", counts.errors},
          {"running", counts.running},
          {"runs_per_second", rate_of(counts.done, seconds)}};
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(std::max(0.0, seconds)));
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

BatchStatus WatchedWorker::run(const PlannedBatch& batch, const ResultSink& sink,
                               const std::stop_token& stop, const PhaseListener& phase) {
  struct Watch {
    Progress& progress;
    std::string device;
    std::size_t left;
    ~Watch() { progress.end(device, left); }
  };
  Watch watch{*progress_, name(), batch.runs.size()};
  progress_->begin(watch.device, watch.left);
  const ResultSink counted = [&](RunResult result) {
    sink(std::move(result));
    progress_->end(watch.device, 1);
    --watch.left;
  };
  return worker_->run(batch, counted, stop, phase);
}

Progress::Style Progress::style_for_stderr(bool quiet) {
  if (quiet) return Style::silent;
  return isatty(STDERR_FILENO) != 0 ? Style::bar : Style::lines;
}

Progress::Progress(Style style, std::size_t total_runs, double total_cost,
                   std::shared_ptr<EventLog> log, std::function<Clock::time_point()> now)
    : style_(style),
      total_runs_(total_runs),
      total_cost_(total_cost),
      log_(std::move(log)),
      now_(std::move(now)),
      start_(now_()),
      next_draw_(start_ + (style == Style::bar ? 0s : kShortestInterval)),
      next_event_(start_ + kShortestInterval) {}

void Progress::begin(const std::string& device, std::size_t runs) {
  const std::scoped_lock lock(mutex_);
  devices_[device].running += runs;
}

void Progress::end(const std::string& device, std::size_t runs) {
  const std::scoped_lock lock(mutex_);
  devices_[device].running -= runs;
}

void Progress::add(const RunResult& result) {
  const double cost = predicted_cost(result.spec);
  const std::scoped_lock lock(mutex_);
  RunCounts& device = devices_[result.device];
  ++device.done;
  if (result.status == RunStatus::failed) ++device.failed;
  if (result.status == RunStatus::error) ++device.errors;
  done_cost_ += cost;
}

void Progress::update() {
  const auto now = now_();
  const auto interval = interval_after(now - start_);
  const std::scoped_lock lock(mutex_);
  if (style_ != Style::silent && now >= next_draw_) {
    draw();
    next_draw_ = now + (style_ == Style::bar ? Clock::duration(kBarInterval) : interval);
  }
  if (log_ != nullptr && now >= next_event_) {
    log_state();
    next_event_ = now + interval;
  }
}

void Progress::finish() {
  const std::scoped_lock lock(mutex_);
  if (log_ != nullptr) log_state();
  if (style_ == Style::silent) return;
  draw();
  if (style_ == Style::bar) write_message("\n");
}

RunCounts Progress::counts() const {
  const std::scoped_lock lock(mutex_);
  return sum();
}

// ---- the mutex is held below ----

RunCounts Progress::sum() const {
  RunCounts all;
  for (const auto& [name, device] : devices_) {
    all.done += device.done;
    all.failed += device.failed;
    all.errors += device.errors;
    all.running += device.running;
  }
  return all;
}

double Progress::seconds() const {
  return std::chrono::duration<double>(now_() - start_).count();
}

/// Of the cost that is done.
double Progress::fraction() const {
  return total_cost_ > 0.0 ? std::min(1.0, done_cost_ / total_cost_) : 1.0;
}

void Progress::log_state() {
  const double elapsed = seconds();
  nlohmann::ordered_json state = json_of(sum(), elapsed);
  state["total"] = total_runs_;
  state["seconds"] = elapsed;
  // Unknown before anything is done.
  state["seconds_left"] = fraction() > 0.0
                              ? nlohmann::ordered_json(elapsed * (1.0 - fraction()) / fraction())
                              : nlohmann::ordered_json(nullptr);
  state["devices"] = nlohmann::ordered_json::array();
  for (const auto& [name, device] : devices_) {
    nlohmann::ordered_json entry = {{"device", name}};
    entry.update(json_of(device, elapsed));
    state["devices"].push_back(entry);
  }
  log_->write("progress", state);
}

std::string Progress::state_text() const {
  const double elapsed = seconds();
  const RunCounts all = sum();
  std::string text = fmt::format("{}/{} runs, {} failed", all.done, total_runs_, all.failed);
  if (all.running > 0) text += fmt::format(", {} running", all.running);
  if (all.errors > 0) text += fmt::format(", {} errors", all.errors);
  text += fmt::format(", {:.1f} runs/s", rate_of(all.done, elapsed));
  if (all.done == total_runs_) {
    text += ", " + duration_text(elapsed) + " in all";
  } else if (fraction() > 0.0) {
    text += ", " + duration_text(elapsed * (1.0 - fraction()) / fraction()) + " left";
  }
  return text + gpu_text();
}

/// Rates of GPUs if there are several devices with one; processors are too many to be told apart.
std::string Progress::gpu_text() const {
  std::string text;
  if (devices_.size() < 2) return text;
  for (const auto& [name, device] : devices_) {
    if (!name.starts_with("cuda")) continue;
    const std::string short_name = name.substr(0, name.find(' '));  // without the UUID
    text += fmt::format("; {} {:.1f} runs/s", short_name, rate_of(device.done, seconds()));
  }
  return text;
}

void Progress::draw() {
  const int percent = static_cast<int>(100.0 * fraction());
  if (style_ == Style::lines) {
    write_message(fmt::format("{:3} %  {}\n", percent, state_text()));
    return;
  }
  const int filled = static_cast<int>(kBarCells * fraction());
  std::string line = fmt::format(
      "[{}{}] {:3} %  {}", std::string(static_cast<std::size_t>(filled), '#'),
      std::string(static_cast<std::size_t>(kBarCells - filled), '.'), percent, state_text());
  line.resize(std::min(line.size(), terminal_width() - 1));
  // Clear to the end of the line: the text before may have been longer.
  write_message(fmt::format("\r{}\x1b[K", line));
}

}  // namespace vnsweep
