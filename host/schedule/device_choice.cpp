#include "host/schedule/device_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace vnsweep {
namespace {

std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// Adds GPUs to a choice, checking that they are there.
class GpuPicker {
 public:
  GpuPicker(const CudaAvailability& cuda, DeviceChoice& choice) : cuda_(cuda), choice_(choice) {}

  void add_all(std::string_view word) {
    require_some(word);
    for (const CudaDeviceInfo& device : cuda_.devices)
      add(device.id);
  }

  void add_number(int index) {
    const std::string word = fmt::format("cuda:{}", index);
    require_some(word);
    const auto found =
        std::find_if(cuda_.devices.begin(), cuda_.devices.end(),
                     [&](const CudaDeviceInfo& device) { return device.id.value() == index; });
    if (found == cuda_.devices.end()) {
      std::vector<std::string> names;
      for (const CudaDeviceInfo& device : cuda_.devices)
        names.push_back(fmt::format("cuda:{}", device.id.value()));
      throw DeviceError(
          fmt::format("device '{}' is not among those that this build can use; choose from {}",
                      word, fmt::join(names, ", ")));
    }
    add(found->id);
  }

 private:
  void require_some(std::string_view word) const {
    if (!cuda_.devices.empty()) return;
    throw DeviceError(fmt::format("device '{}' is not available: {}", word, cuda_.problem));
  }

  void add(DeviceId id) {
    if (std::find(choice_.gpus.begin(), choice_.gpus.end(), id) != choice_.gpus.end()) {
      throw DeviceError(
          fmt::format("device 'cuda:{}' is named twice; name each device once", id.value()));
    }
    choice_.gpus.push_back(id);
  }

  const CudaAvailability& cuda_;
  DeviceChoice& choice_;
};

[[noreturn]] void refuse(std::string_view text, std::string_view part) {
  throw DeviceError(
      fmt::format("unknown device '{}'{}; choose auto, cpu, reference, cuda, or a list such as "
                  "cuda:0,2,cpu",
                  part, part == text ? "" : fmt::format(" in '{}'", text)));
}

}  // namespace

DeviceChoice choose_devices(std::string_view text, unsigned cpu_workers,
                            const CudaAvailability& cuda) {
  DeviceChoice choice;
  GpuPicker gpus(cuda, choice);
  if (text == "auto") {
    if (cuda.devices.empty()) return {.cpu_workers = cpu_workers};
    gpus.add_all(text);
    return choice;
  }
  if (text == "reference") return {.reference = true, .cpu_workers = cpu_workers};

  bool numbers_may_follow = false;
  for (const std::string_view part : split_at_commas(text)) {
    const bool is_numbered = part.starts_with("cuda:");
    const std::optional<int> index = number(is_numbered ? part.substr(5) : part);
    if (index && (is_numbered || numbers_may_follow)) {
      gpus.add_number(*index);
      numbers_may_follow = true;
      continue;
    }
    numbers_may_follow = false;
    if (part == "cuda") {
      gpus.add_all(part);
    } else if (part == "cpu") {
      if (choice.cpu_workers > 0) {
        throw DeviceError("device 'cpu' is named twice; name each device once");
      }
      choice.cpu_workers = cpu_workers;
    } else {
      refuse(text, part);
    }
  }
  return choice;
}

DeviceChoice first_of(DeviceChoice choice) {
  if (choice.gpus.empty()) {
    choice.cpu_workers = 1;
  } else {
    choice.gpus.resize(1);
    choice.cpu_workers = 0;
    choice.workers_per_gpu = 1;
  }
  return choice;
}

}  // namespace vnsweep
