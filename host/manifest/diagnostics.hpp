#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vnsweep {

/// Place in a manifest, counted from 0 as the YAML library does; negative when there is none.
struct SourcePosition {
  int line = -1;
  int column = -1;
};

/// One or more errors in a manifest; what() is ready to be printed.
class ManifestError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Collects errors so that a user sees all of them at once, each with its line and a caret.
class Diagnostics {
 public:
  Diagnostics(std::string file, std::string_view text);

  void error(SourcePosition position, std::string message);
  bool empty() const { return errors_.empty(); }

  /// @throws ManifestError with every error, in the order of the file, if there are any
  void throw_if_any() const;

 private:
  struct Entry {
    SourcePosition position;
    std::string message;
  };
  std::string file_;
  std::vector<std::string> lines_;
  std::vector<Entry> errors_;
};

/// "; did you mean 'depth'?" for the candidate most like `word`, or nothing if none is like it.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace vnsweep
