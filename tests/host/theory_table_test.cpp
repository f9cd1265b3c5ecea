#include "host/report/theory_table.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "host/manifest/field.hpp"
#include "host/theory/critical_scale.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TheoryCell cell(Activation activation, double scale, std::int64_t depth) {
  TheoryCell cell;
  cell.spec.activation = activation;
  cell.spec.scale = scale;
  cell.spec.depth = depth;
  cell.spec.width = 10;
  cell.inputs = InputPrior::fixed(scale * scale);
  cell.theory = MeanField().predict(network_prior(cell.spec), cell.inputs);
  return cell;
}

TEST(TheoryTableTest, WhatDoesNotExistIsADashAndExplainedOnceBelow) {
  std::ostringstream out;

  write_theory_table({cell(Activation::relu, 2.0, 2), cell(Activation::relu, 3.0, 2)}, out);

  std::istringstream lines(out.str());
  std::string head;
  std::string first;
  std::getline(lines, head);
  std::getline(lines, first);
  EXPECT_THAT(head, HasSubstr("q_fixed"));
  EXPECT_THAT(first,
              ::testing::MatchesRegex(".*relu +gaussian +0 +- +4 +8 +- +2 +-1.4427 .* a *b?"));
  const std::string text = out.str();
  EXPECT_EQ(text.find("a  q* does not exist"), text.rfind("q* does not exist") - 3);
}

TEST(TheoryTableTest, CsvIsEmptyWhereNothingExists) {
  std::ostringstream out;

  write_theory_csv({cell(Activation::linear, 2.0, 2)}, out);

  // q_2 = 4 * 4, m_1 = 4 mu_1, N VNI = 1 + 1.
  EXPECT_THAT(out.str(), StartsWith("depth,width,scale,activation,init,bias_scale,inputs,q_1,q_L,"
                                    "q_fixed,chi,depth_scale,mu_1,mu_2,m_1,log10_m_1,vni_local,"
                                    "vni_annealed\n2,10,2,linear,gaussian,0,,4,16,,4,-0.72"));
  EXPECT_THAT(out.str(), HasSubstr(",1,1,4,0.602"));
}

TEST(TheoryTableTest, JsonIsNullWithTheReason) {
  std::ostringstream out;

  write_theory_json({cell(Activation::relu, critical_scale(Activation::relu), 2)}, out);

  const auto json = nlohmann::json::parse(out.str())["cells"][0];
  EXPECT_TRUE(json["depth_scale"].is_null());
  EXPECT_TRUE(json["inputs"].is_null());
  EXPECT_EQ(json["q_limit"], "every");
  EXPECT_EQ(json["notes"][1], "the depth scale diverges: chi = 1");
  EXPECT_NEAR(json["vni_local"].get<double>(), 0.3, 1e-15);
  EXPECT_FALSE(json.contains("layers"));
}

TEST(TheoryTableTest, LayersAreRowsOfTheirOwn) {
  TheoryCell deep = cell(Activation::linear, 2.0, 3);
  deep.layers = MeanField().layers(network_prior(deep.spec), deep.inputs);
  std::ostringstream csv;
  std::ostringstream json;

  write_theory_csv({deep}, csv);
  write_theory_json({deep}, json);

  EXPECT_THAT(csv.str(), HasSubstr("3,10,2,linear,gaussian,0,,1,4,1,1,1,0,"));
  EXPECT_THAT(csv.str(), HasSubstr("3,10,2,linear,gaussian,0,,3,64,1,1,16,"));
  const auto layers = nlohmann::json::parse(json.str())["cells"][0]["layers"];
  ASSERT_EQ(layers.size(), 3U);
  EXPECT_EQ(layers[2]["layer"], 3);
  EXPECT_NEAR(layers[2]["m_1"].get<double>(), 16.0, 1e-12);
}

}  // namespace
}  // namespace vnsweep
