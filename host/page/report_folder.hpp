#pragma once

#include <filesystem>
#include <string>

namespace vnsweep::page {

/// A folder of a report that comes into being as a whole: written beside its place and moved there
/// at the end, so that nobody reads half of it. Without publish() nothing is left behind.
class ReportFolder {
 public:
  /// @throws DirectoryError if something is there that is not a report to be replaced: a file, a
  ///         symbolic link, a folder with entries that no report has; or if its parent is missing
  ///         or cannot be written
  explicit ReportFolder(const std::filesystem::path& place);
  ReportFolder(const ReportFolder&) = delete;
  ReportFolder& operator=(const ReportFolder&) = delete;
  ~ReportFolder();

  /// Where to write, for now.
  const std::filesystem::path& path() const { return temporary_; }

  /// Moves the folder to its place; an earlier report there is removed.
  /// @throws DirectoryError
  void publish();

 private:
  std::filesystem::path place_;
  std::filesystem::path temporary_;
};

}  // namespace vnsweep::page
