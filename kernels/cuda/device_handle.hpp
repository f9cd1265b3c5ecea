#pragma once

#include <exception>
#include <utility>

#include "kernels/types.hpp"

namespace vnsweep {

/// Makes a device current for the calling thread, and the previous one again at the end of the
/// scope. CUDA sets up a device when it becomes current, also when it becomes so again: a thread
/// that serves one device makes that current first, or it also occupies device 0.
class CurrentDevice {
 public:
  explicit CurrentDevice(DeviceId device);
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;
  ~CurrentDevice();

 private:
  int previous_ = 0;
  bool changed_ = false;
};

/// Sole owner of a handle that belongs to a device, or empty.
/// @tparam Release  called with the handle while its device is current
template <class Handle, void (*Release)(Handle) noexcept>
class DeviceHandle {
 public:
  DeviceHandle() = default;
  DeviceHandle(DeviceId device, Handle handle) noexcept : device_(device), handle_(handle) {}
  DeviceHandle(DeviceHandle&& other) noexcept
      : device_(other.device_), handle_(std::exchange(other.handle_, nullptr)) {}
  DeviceHandle& operator=(DeviceHandle&& other) noexcept {
    if (this == &other) return *this;
    release();
    device_ = other.device_;
    handle_ = std::exchange(other.handle_, nullptr);
    return *this;
  }
  ~DeviceHandle() { release(); }

  Handle get() const { return handle_; }
  DeviceId device() const { return device_; }

 private:
  void release() noexcept {
    if (handle_ == nullptr) return;
    try {
      const CurrentDevice current(device_);
      Release(handle_);
    } catch (const std::exception&) {
      // A device that cannot become current is lost, and what it held with it.
    }
  }

  DeviceId device_;
  Handle handle_ = nullptr;
};

}  // namespace vnsweep
