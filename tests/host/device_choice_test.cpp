#include "host/schedule/device_choice.hpp"

#include <gmock/gmock.h>

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
  EXPECT_EQ(
      refusal("cuda:2", gpus({0, 1})),
      "device 'cuda:2' is not among those that this build can use; choose from cuda:0, cuda:1");
}

TEST(DeviceChoiceTest, NothingIsNamedTwice) {
  const std::string gpu_twice = "device 'cuda:0' is named twice; name each device once";
  EXPECT_EQ(refusal("cuda:0,0", gpus({0})), gpu_twice);
  EXPECT_EQ(refusal("cuda,cuda:0", gpus({0})), gpu_twice);
  EXPECT_EQ(refusal("cpu,cpu", gpus({0})), "device 'cpu' is named twice; name each device once");
}

TEST(DeviceChoiceTest, NonsenseIsRefused) {
  for (const char* text : {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1.5", "0", "cpu,0",
                           "cuda:0,", ",cpu", "cuda:99999999999", "CPU"}) {
    EXPECT_THAT(refusal(text, gpus({0})), HasSubstr("unknown device")) << text;
  }
}

TEST(DeviceChoiceTest, SeveralWorkersMayShareEachGpu) {
  const DeviceChoice choice{
      .cpu_workers = 2, .gpus = {DeviceId(0), DeviceId(1)}, .workers_per_gpu = 4};

  EXPECT_EQ(choice.workers(), 10U);
}

TEST(DeviceChoiceTest, TheFirstOfAChoiceIsOneWorker) {
  EXPECT_EQ(first_of({.cpu_workers = 4, .gpus = {DeviceId(3), DeviceId(1)}}),
            (DeviceChoice{.gpus = {DeviceId(3)}}));
  EXPECT_EQ(first_of({.gpus = {DeviceId(1)}, .workers_per_gpu = 4}),
            (DeviceChoice{.gpus = {DeviceId(1)}}));
  EXPECT_EQ(first_of({.reference = true, .cpu_workers = 4}),
            (DeviceChoice{.reference = true, .cpu_workers = 1}));
}

}  // namespace
}  // namespace vnsweep
