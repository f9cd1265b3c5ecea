#include "kernels/cuda/runtime.hpp"

#include <memory>
#include <type_traits>

#include "kernels/cuda/check.hpp"

namespace vnsweep {
namespace {

struct DestroyGraph {
  void operator()(cudaGraph_t graph) const { VNS_REPORT_CUDA(cudaGraphDestroy(graph)); }
};
using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, DestroyGraph>;

cudaStream_t create_stream(DeviceId device) {
  const CurrentDevice current(device);
  cudaStream_t stream = nullptr;
  VNS_CHECK_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return stream;
}

cudaEvent_t create_event(DeviceId device) {
  const CurrentDevice current(device);
  cudaEvent_t event = nullptr;
  VNS_CHECK_CUDA(cudaEventCreate(&event));
  return event;
}

void* allocate_device_memory(DeviceId device, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const CurrentDevice current(device);
  void* data = nullptr;
  VNS_CHECK_CUDA(cudaMalloc(&data, bytes));
  return data;
}

void* allocate_pinned_memory(DeviceId device, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const CurrentDevice current(device);
  void* data = nullptr;
  VNS_CHECK_CUDA(cudaHostAlloc(&data, bytes, cudaHostAllocDefault));
  return data;
}

cudaGraphExec_t instantiate(DeviceId device, cudaGraph_t graph) {
  const CurrentDevice current(device);
  cudaGraphExec_t executable = nullptr;
  VNS_CHECK_CUDA(cudaGraphInstantiate(&executable, graph, 0));
  return executable;
}

}  // namespace

namespace detail {

void destroy_stream(cudaStream_t stream) noexcept {
  VNS_REPORT_CUDA(cudaStreamDestroy(stream));
}
void destroy_event(cudaEvent_t event) noexcept {
  VNS_REPORT_CUDA(cudaEventDestroy(event));
}
void free_device_memory(void* data) noexcept {
  VNS_REPORT_CUDA(cudaFree(data));
}
void free_pinned_memory(void* data) noexcept {
  VNS_REPORT_CUDA(cudaFreeHost(data));
}
void destroy_graph_executable(cudaGraphExec_t graph) noexcept {
  VNS_REPORT_CUDA(cudaGraphExecDestroy(graph));
}

}  // namespace detail

CurrentDevice::CurrentDevice(DeviceId device) {
  VNS_CHECK_CUDA(cudaGetDevice(&previous_));
  if (previous_ == device.value()) return;
  VNS_CHECK_CUDA(cudaSetDevice(device.value()));
  changed_ = true;
}

CurrentDevice::~CurrentDevice() {
  if (changed_) VNS_REPORT_CUDA(cudaSetDevice(previous_));
}

CudaStream::CudaStream(DeviceId device) : handle_(device, create_stream(device)) {}

void CudaStream::synchronize() const {
  VNS_CHECK_CUDA(cudaStreamSynchronize(get()));
}

CudaEvent::CudaEvent(DeviceId device) : handle_(device, create_event(device)) {}

void CudaEvent::record(const CudaStream& stream) {
  VNS_CHECK_CUDA(cudaEventRecord(get(), stream.get()));
}

void CudaEvent::synchronize() const {
  VNS_CHECK_CUDA(cudaEventSynchronize(get()));
}

double elapsed_milliseconds(const CudaEvent& start, const CudaEvent& end) {
  end.synchronize();
  float milliseconds = 0.0F;
  VNS_CHECK_CUDA(cudaEventElapsedTime(&milliseconds, start.get(), end.get()));
  return static_cast<double>(milliseconds);
}

DeviceMemory::DeviceMemory(DeviceId device, std::size_t bytes)
    : handle_(device, allocate_device_memory(device, bytes)), size_(bytes) {}

PinnedMemory::PinnedMemory(DeviceId device, std::size_t bytes)
    : handle_(device, allocate_pinned_memory(device, bytes)), size_(bytes) {}

GraphExecutable::GraphExecutable(DeviceId device, cudaGraph_t graph)
    : handle_(device, instantiate(device, graph)) {}

void GraphExecutable::launch(const CudaStream& stream) const {
  VNS_CHECK_CUDA(cudaGraphLaunch(get(), stream.get()));
}

StreamCapture::StreamCapture(const CudaStream& stream) : stream_(stream) {
  VNS_CHECK_CUDA(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal));
}

StreamCapture::~StreamCapture() {
  if (!active_) return;
  cudaGraph_t graph = nullptr;
  // A capture that a forbidden call has broken ends with an error here, which is not news: whatever
  // gave up the capture has thrown.
  if (cudaStreamEndCapture(stream_.get(), &graph) != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
  }
  const Graph owner(graph);
}

GraphExecutable StreamCapture::finish() {
  cudaGraph_t graph = nullptr;
  active_ = false;
  VNS_CHECK_CUDA(cudaStreamEndCapture(stream_.get(), &graph));
  const Graph owner(graph);
  return {stream_.device(), graph};
}

}  // namespace vnsweep
