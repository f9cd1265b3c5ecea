#pragma once

#include <optional>
#include <utility>

#include "kernels/batched/device.hpp"

namespace vnsweep::batched {

/// Work of a device that is asked for again and again. The first time it runs as it is, which also
/// lets libraries load what they need; then it is recorded and replayed.
template <Device D>
class RepeatedWork {
 public:
  template <class Enqueue>
  void run(D& device, Enqueue enqueue) {
    if (!has_run_) {
      enqueue();
      has_run_ = true;
      return;
    }
    if (!recording_) recording_.emplace(device.record(enqueue));
    device.replay(*recording_);
  }

 private:
  bool has_run_ = false;
  std::optional<decltype(std::declval<D&>().record([] {}))> recording_;
};

}  // namespace vnsweep::batched
