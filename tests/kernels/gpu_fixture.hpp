#pragma once

#include <gtest/gtest.h>

#include "kernels/cuda/device_query.hpp"

namespace vnsweep {

/// A test that needs a device, and is skipped, with the reason, where there is none.
class GpuTest : public testing::Test {
 protected:
  void SetUp() override {
    const CudaAvailability found = query_cuda_devices();
    if (found.devices.empty()) GTEST_SKIP() << found.problem;
    device_ = found.devices.front().id;
    last_device_ = found.devices.back().id;
  }

  DeviceId device_;
  DeviceId last_device_;  ///< another one where there are several
};

}  // namespace vnsweep
