#include "kernels/cuda/cuda_engine.hpp"

#include "kernels/batched/batched_engine.hpp"
#include "kernels/cuda/cuda_device.cuh"

namespace vnsweep {
namespace {

/// The batched engine with its device, which it makes current for whichever thread calls.
class CudaEngine final : public Engine {
 public:
  CudaEngine(DeviceId device, TrainingPath path, unsigned sharers)
      : context_(device), engine_(CudaDevice(context_, sharers), path) {}

  std::size_t memory_needed(const NetworkBatch& batch) const override {
    return on_device().memory_needed(batch);
  }
  std::size_t memory_limit() const override { return on_device().memory_limit(); }
  void initialize(const NetworkBatch& batch) override { on_device().initialize(batch); }
  void train(StepCount steps) override { on_device().train(steps); }
  std::vector<Evaluation> evaluate() override { return on_device().evaluate(); }
  std::vector<Evaluation> finished() override { return on_device().finished(); }
  std::vector<Probe> probe(const ProbeSpec& spec, std::span<const NetworkIndex> networks) override {
    return on_device().probe(spec, networks);
  }
  void retire(std::span<const NetworkIndex> networks) override { on_device().retire(networks); }
  NetworkWeights download_weights(NetworkIndex network) const override {
    return on_device().download_weights(network);
  }
  std::vector<double> losses(NetworkIndex network) const override {
    return on_device().losses(network);
  }

 private:
  using Batched = batched::BatchedEngine<CudaDevice>;

  Batched& on_device() {
    context_.make_current();
    return engine_;
  }
  const Batched& on_device() const {
    context_.make_current();
    return engine_;
  }

  DeviceContext context_;  // declared first: outlives what the engine holds of it
  Batched engine_;
};

}  // namespace

std::unique_ptr<Engine> make_cuda_engine(DeviceId device, TrainingPath path, unsigned sharers) {
  return std::make_unique<CudaEngine>(device, path, sharers);
}

}  // namespace vnsweep
