#include "host/page/report_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <set>
#include <string>
#include <system_error>

#include "host/store/directory_error.hpp"

namespace vnsweep::page {
namespace {

namespace fs = std::filesystem;

/// Refuses what must not be replaced. Nothing there is fine.
void check_place(const fs::path& place) {
  const fs::file_status status = fs::symlink_status(place);
  if (!fs::exists(status)) return;
  const char* obstacle = fs::is_symlink(status)     ? "a symbolic link"
                         : fs::is_directory(status) ? nullptr
                                                    : "not a folder";
  if (obstacle != nullptr) {
    throw DirectoryError(fmt::format(
        "cannot write the report to {} (it is {}); move it away or choose another folder with -o",
        place.string(), obstacle));
  }
  const std::set<std::string> of_reports = {"index.html", "figures", "data"};
  for (const fs::directory_entry& entry : fs::directory_iterator(place)) {
    const std::string name = entry.path().filename().string();
    if (of_reports.contains(name)) continue;
    throw DirectoryError(
        fmt::format("cannot replace {} (it holds '{}', which is no part of a report); move that "
                    "away or choose another folder with -o",
                    place.string(), name));
  }
}

/// mkdtemp keeps others out; a report is for those that new files are for.
void open_to_others(const fs::path& folder) {
  const mode_t mask = umask(0);
  umask(mask);
  chmod(folder.c_str(), 0777 & ~mask);
}

/// Swaps two folders at once where the file system can.
bool exchange(const fs::path& a, const fs::path& b) {
  return renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
}

}  // namespace

ReportFolder::ReportFolder(const fs::path& place) : place_(fs::absolute(place).lexically_normal()) {
  if (!place_.has_filename()) place_ = place_.parent_path();
  check_place(place_);
  std::string name =
      (place_.parent_path() / ("." + place_.filename().string() + "-XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) throw_cannot_write(place_, errno);
  temporary_ = name;
  open_to_others(temporary_);
}

ReportFolder::~ReportFolder() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void ReportFolder::publish() {
  check_place(place_);
  if (std::rename(temporary_.c_str(), place_.c_str()) == 0) return;
  // A folder that is not empty is in the place. What is left in `temporary_` is removed.
  if (exchange(temporary_, place_)) return;
  const fs::path earlier = temporary_.string() + "-earlier";
  std::error_code status;
  fs::rename(place_, earlier, status);
  if (!status) {
    fs::rename(temporary_, place_, status);
    std::error_code ignored;
    if (status) {
      fs::rename(earlier, place_, ignored);
    } else {
      fs::remove_all(earlier, ignored);
    }
  }
  if (status) {
    throw DirectoryError(fmt::format("cannot replace {} ({}); choose another folder with -o",
                                     place_.string(), status.message()));
  }
}

}  // namespace vnsweep::page
