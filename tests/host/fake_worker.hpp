#pragma once

#include <functional>
#include <string>
#include <utility>

#include "host/schedule/worker.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep::testing {

/// Does what its function says instead of training.
class FakeWorker final : public Worker {
 public:
  using Behaviour =
      std::function<BatchStatus(const PlannedBatch&, const ResultSink&, const std::stop_token&)>;
  using Takes = std::function<bool(const PlannedBatch&)>;
  FakeWorker(std::string name, Behaviour behaviour, Takes takes = nullptr)
      : name_(std::move(name)), behaviour_(std::move(behaviour)), takes_(std::move(takes)) {}

  std::string name() const override { return name_; }
  bool takes(const PlannedBatch& batch) override { return !takes_ || takes_(batch); }
  BatchStatus run(const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop,
                  const PhaseListener& /*phase*/) override {
    return behaviour_(batch, sink, stop);
  }

 private:
  std::string name_;
  Behaviour behaviour_;
  Takes takes_;
};

inline BatchStatus complete_all(const PlannedBatch& batch, const ResultSink& sink,
                                const std::stop_token& /*stop*/) {
  for (const RunSpec& spec : batch.runs)
    sink(result_of(spec, RunStatus::succeeded));
  return BatchStatus::complete;
}

}  // namespace vnsweep::testing
