// Training compared with PyTorch's, update by update, in double precision.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

constexpr NetworkIndex kFirst{0};

enum class TargetsOf { label, label_by_squares, class_of_3, two_values };
enum class Rule { sgd, momentum, adam, rmsprop };

struct Trajectory {
  Activation activation;
  TargetsOf targets;
  Rule rule;
  double second_loss;
  double last_loss;
  double weight;  ///< of layer 2, row 1, column 2, after 20 updates
};

using enum TargetsOf;
using enum Rule;

// tools/oracles/pytorch_trajectories.py, torch 1.13.0.
constexpr std::array kTrajectories = std::to_array<Trajectory>({
    {Activation::tanh, label, sgd, 0.6967024052193795, 0.38050368930989276, -0.8096769716366825},
    {Activation::tanh, label_by_squares, sgd, 0.3340809060052691, 0.013421871659114463,
     -0.8285682665005328},
    {Activation::tanh, class_of_3, sgd, 0.7396339470055522, 0.11924775465057999,
     -0.01188030990186812},
    {Activation::tanh, two_values, sgd, 1.396595821541704, 0.004278500972852198,
     -0.19176611118405368},
    {Activation::erf, label, sgd, 0.6955301664266617, 0.1826630616053479, -0.9476467599802819},
    {Activation::erf, class_of_3, sgd, 0.6575190898992715, 0.0788919432928827,
     -0.049743263717847215},
    {Activation::sigmoid, label, sgd, 0.6938826213800494, 0.6931231655203672, -0.5506405063041905},
    {Activation::sigmoid, class_of_3, sgd, 1.0568297053118172, 0.9840266916401456,
     -0.18846631660345803},
    {Activation::leaky_relu, label, sgd, 0.592164250532162, 0.14597105457325618,
     -0.5458325297536731},
    {Activation::leaky_relu, class_of_3, sgd, 1.144175893891208, 0.5121846074348666,
     -0.5259271274044703},
    {Activation::gelu, label, sgd, 0.5988073366245976, 0.12436513527286222, -0.5374404592451894},
    {Activation::gelu, class_of_3, sgd, 1.0915192590699818, 0.29366976972199194,
     -0.6480222721501561},
    {Activation::silu, label, sgd, 0.6437722410086587, 0.13538963625664222, -0.5851050024402604},
    {Activation::silu, class_of_3, sgd, 1.0992861890591419, 0.21737996235218976,
     0.11325839489402445},
    {Activation::tanh, label, momentum, 0.6994408454790053, 0.5007234307595614,
     -0.7191066665699868},
    {Activation::tanh, label_by_squares, momentum, 0.5420792733560873, 0.018966363484668517,
     -0.743172693360087},
    {Activation::tanh, class_of_3, momentum, 1.0023701158097418, 0.12782903041086022,
     0.5155188481245461},
    {Activation::tanh, two_values, momentum, 1.6439678523748928, 0.13427083363556233,
     -0.24638076542644854},
    {Activation::erf, label, momentum, 0.6992969166823101, 0.31727276935361376,
     -0.7650336103024783},
    {Activation::erf, class_of_3, momentum, 0.9721280215704595, 0.08691466326353428,
     0.5250263896955966},
    {Activation::sigmoid, label, momentum, 0.6942152576200936, 0.6932223567027755,
     -0.5521977949296889},
    {Activation::sigmoid, class_of_3, momentum, 1.0686135171741495, 0.9793459411771553,
     -0.1352013014274622},
    {Activation::leaky_relu, label, momentum, 0.638734657289299, 0.13354886303584848,
     -0.5473719560554489},
    {Activation::leaky_relu, class_of_3, momentum, 1.441929165194257, 0.5728779190556456,
     -0.5231199899426514},
    {Activation::gelu, label, momentum, 0.6472754198911113, 0.09352901603808425,
     -0.5263814887157421},
    {Activation::gelu, class_of_3, momentum, 1.3958879460639366, 0.5106517650374729,
     -0.6505132630930635},
    {Activation::silu, label, momentum, 0.6672763758262565, 0.12158644782290409,
     -0.6091262947089995},
    {Activation::silu, class_of_3, momentum, 1.2761417560445927, 0.3937615189314829,
     -0.1877327126485528},
    {Activation::tanh, label, adam, 0.6890337187844301, 0.17349115622290928, -1.5516906689295267},
    {Activation::tanh, label_by_squares, adam, 0.6263578168658293, 0.19282212010808855,
     -0.6742531322575678},
    {Activation::tanh, class_of_3, adam, 0.9207688588221203, 0.1929694366393297,
     0.047265066508687156},
    {Activation::tanh, two_values, adam, 2.025848154246409, 0.12895360724245553,
     -0.1962989096978798},
    {Activation::erf, label, adam, 0.6866019505639264, 0.13164781737276832, -1.5510613111373956},
    {Activation::erf, class_of_3, adam, 0.9013518370893802, 0.135022140592754,
     0.014796399578191453},
    {Activation::sigmoid, label, adam, 0.6933332288255896, 0.6366507176883027, -1.4979930095857537},
    {Activation::sigmoid, class_of_3, adam, 1.038631761981945, 0.6959803179290907,
     0.41606819067271916},
    {Activation::leaky_relu, label, adam, 0.6195563619344451, 0.12672451175044205,
     -1.439326904580279},
    {Activation::leaky_relu, class_of_3, adam, 1.3961240980834029, 0.6260365900814467,
     0.13784654385913903},
    {Activation::gelu, label, adam, 0.6212880299552448, 0.055223606674451, -0.6782956676594982},
    {Activation::gelu, class_of_3, adam, 1.3493514214798972, 0.29195739873471077,
     -0.9250075322909231},
    {Activation::silu, label, adam, 0.6417364229276931, 0.05613933453018417, -1.0746666755097394},
    {Activation::silu, class_of_3, adam, 1.205761122490018, 0.12380491692233586,
     0.4155147479543619},
    {Activation::tanh, label, rmsprop, 0.68343944707066, 0.1554159039880803, -1.3945518375058932},
    {Activation::tanh, label_by_squares, rmsprop, 0.5033837911741448, 0.07650328036624812,
     -0.7524609602067333},
    {Activation::tanh, class_of_3, rmsprop, 0.8312902115603851, 0.14410065759500845,
     -0.16911176597466016},
    {Activation::tanh, two_values, rmsprop, 1.5808483101757194, 0.020084624525773014,
     -0.22799680013396695},
    {Activation::erf, label, rmsprop, 0.6780577517039207, 0.13791934052810081, -1.3385422285364483},
    {Activation::erf, class_of_3, rmsprop, 0.8024030303301413, 0.12142375005636408,
     -0.20632220514753818},
    {Activation::sigmoid, label, rmsprop, 0.6975660137990839, 0.5938878746141902,
     -1.5589063880625602},
    {Activation::sigmoid, class_of_3, rmsprop, 1.0198814844719133, 0.6821324852893873,
     0.18105314214981072},
    {Activation::leaky_relu, label, rmsprop, 0.5892918976961439, 0.10909490788425366,
     -0.9730695983167217},
    {Activation::leaky_relu, class_of_3, rmsprop, 1.2811436850018323, 0.420042478611971,
     -0.09878082634160903},
    {Activation::gelu, label, rmsprop, 0.5832019320778509, 0.0656990592636959, -0.7565291337057259},
    {Activation::gelu, class_of_3, rmsprop, 1.2209528185880534, 0.1283392836892009,
     -0.37890146285548904},
    {Activation::silu, label, rmsprop, 0.6079161215614433, 0.07636140708266462,
     -1.3387389276280237},
    {Activation::silu, class_of_3, rmsprop, 1.1000154957097608, 0.08152381483293658,
     0.1876588791454486},
});

/// The inputs of xor with targets as in the oracle.
std::shared_ptr<const TrainingData> data_for(TargetsOf targets) {
  auto data = std::make_shared<TrainingData>(*testing::xor_data());
  if (targets == class_of_3) {
    data->outputs = 3;
    data->target = {0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  } else if (targets == two_values) {
    data->outputs = 2;
    data->kind = TargetKind::values;
    data->target = {0.5F, -1, 2, 0.25F, -1.5F, 1, 0, 3};
  }
  return data;
}

NetworkBatch batch_for(const Trajectory& trajectory) {
  NetworkBatch batch = testing::xor_batch(3, {2});
  batch.activation = trajectory.activation;
  batch.data = data_for(trajectory.targets);
  batch.objective = trajectory.targets == label || trajectory.targets == class_of_3
                        ? Objective::cross_entropy
                        : Objective::squared_error;
  batch.stopping = Stopping::at_budget;
  batch.record_losses = true;
  NetworkSpec& network = batch.networks[0];
  switch (trajectory.rule) {
    case sgd:
      network.learning_rate = 0.5;
      break;
    case momentum:
      network.learning_rate = 0.1;
      network.momentum = 0.9;
      break;
    case adam:
      batch.optimizer = Optimizer::adam;
      network.learning_rate = 0.05;
      break;
    case rmsprop:
      batch.optimizer = Optimizer::rmsprop;
      network.learning_rate = 0.01;
      break;
  }
  return batch;
}

/// The oracle's initial parameters, in the shapes of `weights`.
NetworkWeights initial_weights(NetworkWeights weights) {
  for (std::size_t l = 0; l < weights.weights.size(); ++l) {
    const auto layer = static_cast<double>(l + 1);
    const std::size_t outputs = weights.biases[l].size();
    const std::size_t inputs = weights.weights[l].size() / outputs;
    for (std::size_t i = 0; i < outputs; ++i) {
      weights.biases[l][i] = std::cos(layer + static_cast<double>(i)) / 4.0;
      for (std::size_t j = 0; j < inputs; ++j) {
        weights.weights[l][i * inputs + j] =
            std::sin(layer + 2.0 * static_cast<double>(i) + 3.0 * static_cast<double>(j));
      }
    }
  }
  return weights;
}

TEST(PytorchTrajectoryTest, TwentyUpdatesAreThoseOfTorch) {
  for (const Trajectory& expected : kTrajectories) {
    SCOPED_TRACE(::testing::Message() << testing::name(expected.activation) << " targets "
                                      << static_cast<int>(expected.targets) << " rule "
                                      << static_cast<int>(expected.rule));
    ReferenceEngine engine;
    engine.initialize(batch_for(expected));
    engine.upload_weights(kFirst, initial_weights(engine.download_weights(kFirst)));

    engine.train(StepCount(20));

    const std::vector<double> losses = engine.losses(kFirst);
    ASSERT_EQ(losses.size(), 20U);
    EXPECT_NEAR(losses[1], expected.second_loss, 1e-13);
    EXPECT_NEAR(losses[19], expected.last_loss, 1e-12);
    EXPECT_NEAR(engine.download_weights(kFirst).weights[1][5], expected.weight, 1e-12);
  }
}

}  // namespace
}  // namespace vnsweep
