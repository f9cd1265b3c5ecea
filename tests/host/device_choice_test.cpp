#include "host/schedule/device_choice.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CudaAvailability gpus(std::initializer_list<int> ids) {
  CudaAvailability found;
  for (const int id : ids)
    found.devices.push_back({.id = DeviceId(id)});
  if (found.devices.empty()) found.problem = "there is no driver; install one";
  return found;
}

std::string refusal(std::string_view text, const CudaAvailability& cuda) {
  try {
    choose_devices(text, 4, cuda);
  } catch (const DeviceError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(DeviceChoiceTest, AutoIsEveryGpuElseTheCpu) {
  EXPECT_EQ(choose_devices("auto", 4, gpus({0, 1})),
            (DeviceChoice{.gpus = {DeviceId(0), DeviceId(1)}}));
  EXPECT_EQ(choose_devices("auto", 4, gpus({})), (DeviceChoice{.cpu_workers = 4}));
}

TEST(DeviceChoiceTest, ListsNameGpusByNumberAndMayAddTheCpu) {
  const CudaAvailability four = gpus({0, 1, 2, 3});

  EXPECT_THAT(choose_devices("cuda", 4, four).gpus,
              ElementsAre(DeviceId(0), DeviceId(1), DeviceId(2), DeviceId(3)));
  EXPECT_THAT(choose_devices("cuda:2", 4, four).gpus, ElementsAre(DeviceId(2)));
  EXPECT_THAT(choose_devices("cuda:0,2", 4, four).gpus, ElementsAre(DeviceId(0), DeviceId(2)));
  EXPECT_THAT(choose_devices("cuda:3,cuda:1", 4, four).gpus, ElementsAre(DeviceId(3), DeviceId(1)));
  EXPECT_EQ(choose_devices("cuda:0,2,cpu", 4, four),
            (DeviceChoice{.cpu_workers = 4, .gpus = {DeviceId(0), DeviceId(2)}}));
  EXPECT_EQ(choose_devices("cpu,cuda", 4, gpus({1})),
            (DeviceChoice{.cpu_workers = 4, .gpus = {DeviceId(1)}}));
}

TEST(DeviceChoiceTest, TheReferenceWorksAlone) {
  EXPECT_EQ(choose_devices("reference", 3, gpus({0})),
            (DeviceChoice{.reference = true, .cpu_workers = 3}));
  EXPECT_THAT(refusal("reference,cpu", gpus({})), HasSubstr("unknown device 'reference' in"));
}

TEST(DeviceChoiceTest, WhatIsNotThereIsRefusedWithTheReason) {
  EXPECT_EQ(refusal("cuda", gpus({})),
            "device 'cuda' is not available: there is no driver; install one");
  EXPECT_EQ(refusal("cuda:0", gpus({})),
            "device 'cuda:0' is not available: there is no driver; install one");
  EXPECT_EQ(refusal("cuda:2", gpus({0, 1})),
            "device 'cuda:2' does not exist; there are cuda:0, cuda:1");
  EXPECT_EQ(refusal("cuda:1", gpus({0})), "device 'cuda:1' does not exist; there is cuda:0");
  EXPECT_EQ(refusal("cuda:0,0", gpus({0})), "device 'cuda:0' is named twice");
  EXPECT_EQ(refusal("cuda,cuda:0", gpus({0})), "device 'cuda:0' is named twice");
}

TEST(DeviceChoiceTest, NonsenseIsRefused) {
  for (const char* text : {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1.5", "0", "cpu,0",
                           "cuda:0,", ",cpu", "cpu,cpu", "cuda:99999999999", "CPU"}) {
    EXPECT_THAT(refusal(text, gpus({0})), HasSubstr("unknown device")) << text;
  }
}

TEST(BatchLimitsTest, CpuWorkersTakeSmallBatchesAndOneGpuTakesAll) {
  const BatchLimits cpu = batch_limits({.cpu_workers = 2}, 64.0);
  const BatchLimits gpu = batch_limits({.gpus = {DeviceId(0)}}, 64.0);
  const BatchLimits two = batch_limits({.gpus = {DeviceId(0), DeviceId(1)}}, 64.0);

  EXPECT_DOUBLE_EQ(cpu.max_cost, 1.0);
  EXPECT_TRUE(std::isinf(gpu.max_cost));
  EXPECT_DOUBLE_EQ(two.max_cost, 8.0);
  EXPECT_DOUBLE_EQ(cpu_share({.cpu_workers = 1, .gpus = {DeviceId(0)}}, 64.0), 1.0);
}

}  // namespace
}  // namespace vnsweep
