#include "host/cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/plan/batch.hpp"

namespace vnsweep {
namespace {

using namespace std::chrono_literals;

constexpr auto kBarInterval = 200ms;
constexpr auto kLineInterval = 5s;
constexpr int kBarCells = 24;

std::size_t terminal_width() {
  struct winsize size {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(std::max(0.0, seconds)));
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

Progress::Style Progress::style_for_stderr(bool quiet) {
  if (quiet) return Style::silent;
  return isatty(STDERR_FILENO) != 0 ? Style::bar : Style::lines;
}

Progress::Progress(Style style, std::size_t total_runs, double total_cost)
    : style_(style),
      total_runs_(total_runs),
      total_cost_(total_cost),
      start_(std::chrono::steady_clock::now()),
      next_draw_(start_ + (style == Style::bar ? 0s : kLineInterval)) {}

void Progress::add(const RunResult& result) {
  if (result.status == RunStatus::failed) ++failed_;
  if (result.status == RunStatus::error) ++errors_;
  done_cost_ += predicted_cost(result.spec);
  ++done_;
}

void Progress::update() {
  if (style_ == Style::silent || std::chrono::steady_clock::now() < next_draw_) return;
  draw();
  if (style_ == Style::bar) {
    next_draw_ = std::chrono::steady_clock::now() + kBarInterval;
  } else {
    next_draw_ = std::chrono::steady_clock::now() + kLineInterval;
  }
}

void Progress::finish() {
  if (style_ == Style::silent) return;
  draw();
  if (style_ == Style::bar) std::fputc('\n', stderr);
}

std::string Progress::state_text(double seconds) const {
  const std::size_t done = done_;
  const double fraction = total_cost_ > 0.0 ? std::min(1.0, done_cost_ / total_cost_) : 1.0;
  std::string text = fmt::format("{}/{} runs, {} failed", done, total_runs_, failed_.load());
  if (errors_ > 0) text += fmt::format(", {} errors", errors_.load());
  text += fmt::format(", {:.1f} runs/s", static_cast<double>(done) / std::max(seconds, 1e-3));
  if (done == total_runs_) {
    text += ", " + duration_text(seconds) + " in all";
  } else if (fraction > 0.0) {
    text += ", " + duration_text(seconds * (1.0 - fraction) / fraction) + " left";
  }
  return text;
}

void Progress::draw() {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double fraction = total_cost_ > 0.0 ? std::min(1.0, done_cost_ / total_cost_) : 1.0;
  const int percent = static_cast<int>(100.0 * fraction);
  if (style_ == Style::lines) {
    fmt::print(stderr, "{:3} %  {}\n", percent, state_text(seconds));
    return;
  }
  const int filled = static_cast<int>(kBarCells * fraction);
  std::string line = fmt::format(
      "[{}{}] {:3} %  {}", std::string(static_cast<std::size_t>(filled), '#'),
      std::string(static_cast<std::size_t>(kBarCells - filled), '.'), percent, state_text(seconds));
  line.resize(std::min(line.size(), terminal_width() - 1));
  // Clear to the end of the line: the text before may have been longer.
  fmt::print(stderr, "\r{}\x1b[K", line);
  std::fflush(stderr);
}

}  // namespace vnsweep
