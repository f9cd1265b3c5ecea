#include "host/manifest/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <utility>

namespace vnsweep {
namespace {

/// More would scroll the first ones away.
constexpr std::size_t kMaxShown = 50;
constexpr std::size_t kMaxLineShown = 200;

/// Damerau-free edit distance: insertions, deletions and substitutions.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

/// Control characters would disturb the terminal.
std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t kLongestWord = 64;
  if (word.size() > kLongestWord) return "";
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best.empty() ? "" : fmt::format("; did you mean '{}'?", best);
}

Diagnostics::Diagnostics(std::string file, std::string_view text) : file_(std::move(file)) {
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);)
    lines_.push_back(line);
}

void Diagnostics::error(SourcePosition position, std::string message) {
  errors_.push_back({position, printable(std::move(message))});
}

void Diagnostics::throw_if_any() const {
  if (errors_.empty()) return;
  std::vector<Entry> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.position.line, a.position.column) <
           std::pair(b.position.line, b.position.column);
  });
  std::string text;
  for (std::size_t k = 0; k < std::min(sorted.size(), kMaxShown); ++k) {
    const auto& [position, message] = sorted[k];
    if (!text.empty()) text += '\n';
    if (position.line < 0) {
      text += fmt::format("{}: error: {}", file_, message);
      continue;
    }
    text +=
        fmt::format("{}:{}:{}: error: {}", file_, position.line + 1, position.column + 1, message);
    const auto line = static_cast<std::size_t>(position.line);
    if (line < lines_.size() && static_cast<std::size_t>(position.column) < kMaxLineShown) {
      text += fmt::format("\n  {}\n  {}^", printable(lines_[line].substr(0, kMaxLineShown)),
                          std::string(static_cast<std::size_t>(position.column), ' '));
    }
  }
  if (sorted.size() > kMaxShown) {
    text += fmt::format("\n{}: error: and {} more", file_, sorted.size() - kMaxShown);
  }
  throw ManifestError(text);
}

}  // namespace vnsweep
