#include "host/verify/reproduce.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

StoredResult made_by(Engine&& engine) {
  const RunSpec spec = testing::runs_of("{depth: 3, width: 4}")[0];
  return make_again(spec, engine);
}

const ReproducedQuantity& named(const std::vector<ReproducedQuantity>& quantities,
                                const std::string& name) {
  for (const ReproducedQuantity& quantity : quantities) {
    if (quantity.name == name) return quantity;
  }
  throw std::logic_error("no quantity " + name);
}

TEST(ReproduceTest, TwoRunsOfOneEngineAreIdentical) {
  const auto quantities = compare_results(made_by(CpuEngine()), made_by(CpuEngine()));

  EXPECT_EQ(judge(quantities), Reproduction::identical);
  EXPECT_EQ(named(quantities, "VNI").stored, "6 values");  // three layers at both ends
}

TEST(ReproduceTest, SingleAndDoublePrecisionDifferByRounding) {
  const auto quantities = compare_results(made_by(CpuEngine()), made_by(ReferenceEngine()));

  EXPECT_EQ(judge(quantities), Reproduction::rounding);
}

TEST(ReproduceTest, EigenvaluesThatAreZeroButForRoundingDoNotCount) {
  // Two inputs and no activation: two eigenvalues of a correlation matrix of eight are not zero.
  RunSpec spec = testing::runs_of("{depth: 2, width: 8, activation: linear}")[0];
  CpuEngine engine;
  ReferenceEngine oracle;

  const auto quantities = compare_results(make_again(spec, engine), make_again(spec, oracle));

  EXPECT_LT(named(quantities, "spectrum").difference, 1e-3);
  EXPECT_EQ(judge(quantities), Reproduction::rounding);
}

TEST(ReproduceTest, DifferencesAreRelativeToTheLargerValue) {
  const StoredResult stored = made_by(CpuEngine());
  StoredResult now = stored;
  now.run.loss = stored.run.loss * 1.25;
  now.probes.back().q[1] = stored.probes.back().q[1] * 2.0;

  const auto quantities = compare_results(stored, now);

  EXPECT_NEAR(named(quantities, "loss").difference, 0.2, 1e-15);  // it is above 0.1
  EXPECT_EQ(named(quantities, "q").difference, 0.5);
  EXPECT_EQ(named(quantities, "accuracy").difference, 0.0);
  EXPECT_EQ(judge(quantities), Reproduction::different);
}

TEST(ReproduceTest, AnotherOutcomeMissingProbesAndNaNsAreDifferent) {
  const StoredResult stored = made_by(CpuEngine());
  StoredResult other_steps = stored;
  ++other_steps.run.steps;
  StoredResult fewer_probes = stored;
  fewer_probes.probes.pop_back();
  StoredResult not_a_number = stored;
  not_a_number.run.loss = std::numeric_limits<double>::quiet_NaN();

  for (const StoredResult& now : {other_steps, fewer_probes, not_a_number}) {
    EXPECT_EQ(judge(compare_results(stored, now)), Reproduction::different);
  }
  EXPECT_EQ(judge(compare_results(not_a_number, not_a_number)), Reproduction::identical);
}

}  // namespace
}  // namespace vnsweep
