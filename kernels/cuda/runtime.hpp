#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <utility>

#include "kernels/cuda/device_handle.hpp"
#include "kernels/types.hpp"

/// Owners of what the CUDA runtime hands out. They throw in constructors, as check.hpp says, and
/// never in destructors; they can be moved but not copied; it does not matter which device is
/// current when they are made or go. One that was moved from is empty.
namespace vnsweep {

namespace detail {
void destroy_stream(cudaStream_t stream) noexcept;
void destroy_event(cudaEvent_t event) noexcept;
void free_device_memory(void* data) noexcept;
void free_pinned_memory(void* data) noexcept;
void destroy_graph_executable(cudaGraphExec_t graph) noexcept;
}  // namespace detail

/// A queue of work on one device. Does not wait for the legacy default stream, nor that for it.
class CudaStream {
 public:
  explicit CudaStream(DeviceId device);

  cudaStream_t get() const { return handle_.get(); }
  DeviceId device() const { return handle_.device(); }
  /// Waits until all work in the queue is done.
  void synchronize() const;

 private:
  DeviceHandle<cudaStream_t, detail::destroy_stream> handle_;
};

/// A point in a stream, with its time.
class CudaEvent {
 public:
  explicit CudaEvent(DeviceId device);

  cudaEvent_t get() const { return handle_.get(); }
  DeviceId device() const { return handle_.device(); }
  /// Marks the end of the work that is in `stream` now.
  void record(const CudaStream& stream);
  /// Waits until the work before the mark is done.
  void synchronize() const;

 private:
  DeviceHandle<cudaEvent_t, detail::destroy_event> handle_;
};

/// Milliseconds of device time between two recorded events; waits for the second.
double elapsed_milliseconds(const CudaEvent& start, const CudaEvent& end);

/// Raw memory of a device, uninitialised, aligned to at least 256 bytes.
class DeviceMemory {
 public:
  /// Holds nothing.
  DeviceMemory() = default;
  /// @throws DeviceOutOfMemory
  DeviceMemory(DeviceId device, std::size_t bytes);

  void* data() const { return handle_.get(); }
  /// Bytes.
  std::size_t size() const { return data() == nullptr ? 0 : size_; }
  DeviceId device() const { return handle_.device(); }

 private:
  DeviceHandle<void*, detail::free_device_memory> handle_;
  std::size_t size_ = 0;
};

/// Host memory that a device reads and writes while the host works, uninitialised.
class PinnedMemory {
 public:
  /// Holds nothing.
  PinnedMemory() = default;
  /// @throws DeviceOutOfMemory, also if it is the host that has no more memory to pin
  PinnedMemory(DeviceId device, std::size_t bytes);

  void* data() const { return handle_.get(); }
  /// Bytes.
  std::size_t size() const { return data() == nullptr ? 0 : size_; }
  DeviceId device() const { return handle_.device(); }

 private:
  DeviceHandle<void*, detail::free_pinned_memory> handle_;
  std::size_t size_ = 0;
};

/// A captured sequence of work, ready to be launched any number of times.
class GraphExecutable {
 public:
  /// Holds nothing.
  GraphExecutable() = default;
  /// Does not keep `graph`.
  GraphExecutable(DeviceId device, cudaGraph_t graph);

  cudaGraphExec_t get() const { return handle_.get(); }
  DeviceId device() const { return handle_.device(); }
  /// Puts the whole sequence into `stream`.
  void launch(const CudaStream& stream) const;

 private:
  DeviceHandle<cudaGraphExec_t, detail::destroy_graph_executable> handle_;
};

/// A capture in progress: work put into `stream` is recorded, not run. Only this thread's calls are
/// restricted meanwhile, so that workers of other devices go on. Given up unless finished.
class StreamCapture {
 public:
  /// @param stream  must outlive the capture
  explicit StreamCapture(const CudaStream& stream);
  StreamCapture(const StreamCapture&) = delete;
  StreamCapture& operator=(const StreamCapture&) = delete;
  ~StreamCapture();

  GraphExecutable finish();

 private:
  const CudaStream& stream_;
  bool active_ = true;
};

/// Records the work that `enqueue()` puts into `stream`. If it throws, the stream is as before.
template <class Enqueue>
GraphExecutable capture(const CudaStream& stream, Enqueue&& enqueue) {
  StreamCapture recording(stream);
  std::forward<Enqueue>(enqueue)();
  return recording.finish();
}

}  // namespace vnsweep
