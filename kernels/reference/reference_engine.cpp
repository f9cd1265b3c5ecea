#include "kernels/reference/reference_engine.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "kernels/random/draws.hpp"
#include "kernels/reference/reference_formulas.hpp"
#include "kernels/reference/reference_statistics.hpp"

namespace vnsweep {
namespace {

using reference::Matrix;
using reference::Vector;

/// Weights of one layer and what the optimizer remembers of them; all are (outputs, inputs) and
/// (outputs).
struct Layer {
  Matrix w;
  Vector b;
  Matrix first_w;
  Vector first_b;
  Matrix second_w;
  Vector second_b;
};

struct Forward {
  std::vector<Matrix> h;  ///< pre-activations, layers 1..L+1, (samples, nodes); the last are logits
  std::vector<Matrix> x;  ///< x[0] the input, x[l] the outputs of hidden layer l, (samples, nodes)
};

Forward forward(const std::vector<Layer>& layers, Activation activation, Matrix input) {
  Forward pass;
  pass.x.push_back(std::move(input));
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Matrix& in = pass.x[l];
    Matrix h(in.size(), Vector(layers[l].b.size()));
    for (std::size_t s = 0; s < in.size(); ++s) {
      for (std::size_t i = 0; i < layers[l].b.size(); ++i) {
        h[s][i] = layers[l].b[i];
        for (std::size_t j = 0; j < in[s].size(); ++j)
          h[s][i] += layers[l].w[i][j] * in[s][j];
      }
    }
    pass.h.push_back(h);
    if (l + 1 < layers.size()) {
      for (Vector& row : h) {
        for (double& value : row)
          value = reference::phi(activation, value);
      }
      pass.x.push_back(h);
    }
  }
  return pass;
}

struct Batch {
  Matrix input;
  Matrix target;
};

Batch select_samples(const TrainingData& data, const std::int32_t* indices, int count) {
  Batch batch;
  for (int s = 0; s < count; ++s) {
    const int row = indices == nullptr ? s : indices[s];
    const float* in = data.input.data() + static_cast<std::size_t>(row) * data.inputs;
    const float* out = data.target.data() + static_cast<std::size_t>(row) * data.outputs;
    batch.input.emplace_back(in, in + data.inputs);
    batch.target.emplace_back(out, out + data.outputs);
  }
  return batch;
}

/// d mean loss / d h_l for layers 1..L+1, each (samples, nodes).
std::vector<Matrix> backward(const std::vector<Layer>& layers, Activation activation,
                             Objective objective, const Forward& pass, const Matrix& target) {
  const std::size_t last = layers.size() - 1;
  std::vector<Matrix> delta(layers.size());
  delta[last] = reference::mean_loss_derivative(objective, pass.h[last], target);
  for (std::size_t l = last; l-- > 0;) {
    delta[l] = pass.h[l];
    for (std::size_t s = 0; s < target.size(); ++s) {
      for (std::size_t j = 0; j < layers[l].b.size(); ++j) {
        double sum = 0.0;
        for (std::size_t i = 0; i < layers[l + 1].b.size(); ++i) {
          sum += layers[l + 1].w[i][j] * delta[l + 1][s][i];
        }
        delta[l][s][j] = sum * reference::phi_derivative(activation, pass.h[l][s][j]);
      }
    }
  }
  return delta;
}

struct LayerGradient {
  Matrix w;
  Vector b;
};

std::vector<LayerGradient> weight_gradients(const Forward& pass, const std::vector<Matrix>& delta) {
  std::vector<LayerGradient> gradients;
  for (std::size_t l = 0; l < delta.size(); ++l) {
    const std::size_t outputs = delta[l][0].size();
    const std::size_t inputs = pass.x[l][0].size();
    LayerGradient g{Matrix(outputs, Vector(inputs)), Vector(outputs)};
    for (std::size_t s = 0; s < delta[l].size(); ++s) {
      for (std::size_t i = 0; i < outputs; ++i) {
        g.b[i] += delta[l][s][i];
        for (std::size_t j = 0; j < inputs; ++j)
          g.w[i][j] += delta[l][s][i] * pass.x[l][s][j];
      }
    }
    gradients.push_back(std::move(g));
  }
  return gradients;
}

/// One parameter's update by the rules of torch.optim; `t` counts updates from 1.
void update(Optimizer optimizer, const NetworkSpec& spec, std::int64_t t, double gradient,
            double& parameter, double& first, double& second) {
  const auto power = static_cast<double>(t);
  switch (optimizer) {
    case Optimizer::sgd:
      first = spec.momentum * first + gradient;
      parameter -= spec.learning_rate * first;
      return;
    case Optimizer::adam: {
      first = 0.9 * first + (1.0 - 0.9) * gradient;
      second = 0.999 * second + (1.0 - 0.999) * gradient * gradient;
      const double first_hat = first / (1.0 - std::pow(0.9, power));
      const double second_hat = second / (1.0 - std::pow(0.999, power));
      parameter -= spec.learning_rate * first_hat / (std::sqrt(second_hat) + 1e-8);
      return;
    }
    case Optimizer::rmsprop:
      second = 0.99 * second + (1.0 - 0.99) * gradient * gradient;
      parameter -= spec.learning_rate * gradient / (std::sqrt(second) + 1e-8);
      return;
  }
}

double mean_square(const Matrix& a) {
  double sum = 0.0;
  for (const Vector& row : a) {
    for (const double value : row)
      sum += value * value;
  }
  return sum / static_cast<double>(a.size() * a[0].size());
}

/// J_l = W_l diag(phi'(h_{l-1})) J_{l-1}
Matrix next_jacobian(Activation activation, const Matrix& w, const Vector& h_below,
                     const Matrix& below) {
  Matrix jacobian(w.size(), Vector(below[0].size()));
  for (std::size_t i = 0; i < w.size(); ++i) {
    for (std::size_t k = 0; k < below[0].size(); ++k) {
      for (std::size_t m = 0; m < below.size(); ++m)
        jacobian[i][k] += w[i][m] * reference::phi_derivative(activation, h_below[m]) * below[m][k];
    }
  }
  return jacobian;
}

/// Adds `weight` times the moments of J to those of a layer.
void add_jacobian_moments(const Matrix& jacobian, double weight, JacobianMoments& moments) {
  const auto width = static_cast<double>(jacobian.size());
  double trace = 0.0;
  double trace_of_square = 0.0;
  for (const Vector& a : jacobian) {
    for (const Vector& b : jacobian) {
      double element = 0.0;  // of J J^T
      for (std::size_t k = 0; k < a.size(); ++k)
        element += a[k] * b[k];
      trace_of_square += element * element;
      if (&a == &b) trace += element;
    }
  }
  moments.m1 += weight * trace / width;
  moments.m2 += weight * trace_of_square / width;
  moments.local_vni += weight * trace_of_square / (trace * trace);
}

bool all_finite(const Matrix& a) {
  for (const Vector& row : a) {
    for (const double value : row) {
      if (!std::isfinite(value)) return false;
    }
  }
  return true;
}

}  // namespace

struct ReferenceEngine::Network {
  NetworkSpec spec;
  std::vector<Layer> layers;
  std::int64_t step = 0;
  TrainingStatus status = TrainingStatus::training;
  std::vector<double> losses;

  Network(const NetworkBatch& batch, const NetworkSpec& network_spec) : spec(network_spec) {
    for (int l = 1; l <= spec.depth + 1; ++l) {
      const LayerShape shape = layer_shape(batch, spec.depth, LayerIndex(l));
      const std::vector<float> w = draw_weights(batch, spec, LayerIndex(l));
      const std::vector<float> b = draw_biases(batch, spec, LayerIndex(l));
      Layer layer;
      for (int i = 0; i < shape.outputs; ++i) {
        const auto row = w.begin() + static_cast<std::ptrdiff_t>(i) * shape.inputs;
        layer.w.emplace_back(row, row + shape.inputs);
      }
      layer.b.assign(b.begin(), b.end());
      layer.first_w = layer.second_w = Matrix(shape.outputs, Vector(shape.inputs));
      layer.first_b = layer.second_b = Vector(shape.outputs);
      layers.push_back(std::move(layer));
    }
  }

  Evaluation evaluate(const NetworkBatch& batch) const {
    const Batch all = select_samples(*batch.data, nullptr, batch.data->samples);
    const Matrix z = forward(layers, batch.activation, all.input).h.back();
    double correct = 0.0;
    for (std::size_t s = 0; s < z.size(); ++s)
      correct += reference::sample_correct(batch.objective, z[s], all.target[s]) ? 1.0 : 0.0;
    Evaluation result;
    result.step = StepCount(step);
    result.status = status;
    result.loss = reference::mean_loss(batch.objective, z, all.target);
    result.accuracy = batch.data->kind == TargetKind::labels
                          ? correct / static_cast<double>(z.size())
                          : std::numeric_limits<double>::quiet_NaN();
    return result;
  }

  /// Stops the network if this step is an evaluation that decides its outcome.
  void test_outcome(const NetworkBatch& batch) {
    const bool due = step % batch.success.every.value() == 0 || step == batch.budget.value();
    if (due && batch.stopping == Stopping::on_outcome) {
      const Evaluation now = evaluate(batch);
      if (!std::isfinite(now.loss)) {
        status = TrainingStatus::diverged;
      } else if (batch.success.is_met(now.loss, now.accuracy)) {
        status = TrainingStatus::succeeded;
      }
    }
    if (status == TrainingStatus::training && step == batch.budget.value()) {
      status = TrainingStatus::exhausted;
    }
  }

  void update_once(const NetworkBatch& batch) {
    const int samples = batch.step_samples();
    const std::int32_t* indices = nullptr;
    MinibatchSequence sequence(spec.run_key, batch.data->samples, samples);
    if (batch.minibatch) indices = sequence.indices(step);
    const Batch now = select_samples(*batch.data, indices, samples);
    const Forward pass = forward(layers, batch.activation, now.input);
    const double loss = reference::mean_loss(batch.objective, pass.h.back(), now.target);
    if (batch.record_losses) losses.push_back(loss);
    if (!std::isfinite(loss) && batch.stopping == Stopping::on_outcome) {
      status = TrainingStatus::diverged;
      return;
    }
    const auto delta = backward(layers, batch.activation, batch.objective, pass, now.target);
    const auto gradients = weight_gradients(pass, delta);
    ++step;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      Layer& layer = layers[l];
      for (std::size_t i = 0; i < layer.b.size(); ++i) {
        update(batch.optimizer, spec, step, gradients[l].b[i], layer.b[i], layer.first_b[i],
               layer.second_b[i]);
        for (std::size_t j = 0; j < layer.w[i].size(); ++j) {
          update(batch.optimizer, spec, step, gradients[l].w[i][j], layer.w[i][j],
                 layer.first_w[i][j], layer.second_w[i][j]);
        }
      }
    }
  }

  void measure_jacobians(const NetworkBatch& batch, int inputs, const Forward& pass,
                         Probe& result) const {
    for (int p = 0; p < inputs; ++p) {
      const auto width = static_cast<std::size_t>(batch.width);
      Matrix jacobian(width, Vector(width));
      for (std::size_t i = 0; i < width; ++i)
        jacobian[i][i] = 1.0;
      for (std::size_t l = 0; l < result.layers.size(); ++l) {
        if (l > 0) {
          const Vector& h_below = pass.h[l - 1][static_cast<std::size_t>(p)];
          jacobian = next_jacobian(batch.activation, layers[l].w, h_below, jacobian);
        }
        if (!result.layers[l].jacobian) result.layers[l].jacobian.emplace();
        add_jacobian_moments(jacobian, 1.0 / inputs, *result.layers[l].jacobian);
      }
    }
  }

  Probe probe(const NetworkBatch& batch, const ProbeSpec& probe_spec) const {
    Probe result;
    result.step = StepCount(step);
    const int inputs = batch.data->inputs;
    const std::vector<float> drawn = draw_probe_inputs(spec.run_key, probe_spec.samples, inputs);
    Matrix input;
    for (int p = 0; p < probe_spec.samples; ++p) {
      const auto row = drawn.begin() + static_cast<std::ptrdiff_t>(p) * inputs;
      input.emplace_back(row, row + inputs);
    }
    const Forward on_probes = forward(layers, batch.activation, input);
    const Batch all = select_samples(*batch.data, nullptr, batch.data->samples);
    const Forward on_data = forward(layers, batch.activation, all.input);
    const auto delta = backward(layers, batch.activation, batch.objective, on_data, all.target);
    for (int l = 0; l < spec.depth; ++l) {
      LayerProbe layer = reference::correlation_statistics(on_probes.x[l + 1]);
      layer.q = mean_square(on_probes.h[l]);
      layer.gradient_rms = std::sqrt(mean_square(delta[l]));
      result.gradients_finite = result.gradients_finite && all_finite(delta[l]);
      result.layers.push_back(std::move(layer));
    }
    measure_jacobians(batch, probe_spec.jacobians, on_probes, result);
    for (const Layer& layer : layers) {
      result.weights_finite = result.weights_finite && all_finite(layer.w) && all_finite({layer.b});
    }
    return result;
  }
};

void ReferenceEngine::initialize(const NetworkBatch& batch) {
  networks_.clear();
  batch_ = batch;
  for (const NetworkSpec& spec : batch.networks) {
    networks_.push_back(std::make_shared<Network>(batch, spec));
  }
}

void ReferenceEngine::train(StepCount steps) {
  for (const auto& network : networks_) {
    if (!network) continue;
    const std::int64_t target = network->step + steps.value();
    while (network->status == TrainingStatus::training) {
      network->test_outcome(batch_);
      if (network->status != TrainingStatus::training || network->step == target) break;
      network->update_once(batch_);
    }
  }
}

std::vector<Evaluation> ReferenceEngine::evaluate() {
  std::vector<Evaluation> results;
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    if (!networks_[n]) continue;
    results.push_back(networks_[n]->evaluate(batch_));
    results.back().network = NetworkIndex(static_cast<std::uint32_t>(n));
  }
  return results;
}

std::vector<Evaluation> ReferenceEngine::finished() {
  std::vector<Evaluation> results = evaluate();
  std::erase_if(results, [](const Evaluation& e) { return e.status == TrainingStatus::training; });
  return results;
}

std::vector<Probe> ReferenceEngine::probe(const ProbeSpec& spec,
                                          std::span<const NetworkIndex> networks) {
  if (spec.jacobians > spec.samples) throw std::logic_error("probe: too many Jacobians");
  std::vector<Probe> results;
  for (const NetworkIndex index : networks) {
    results.push_back(networks_.at(index.value())->probe(batch_, spec));
    results.back().network = index;
  }
  return results;
}

void ReferenceEngine::retire(std::span<const NetworkIndex> networks) {
  for (const NetworkIndex index : networks)
    networks_.at(index.value()).reset();
}

NetworkWeights ReferenceEngine::download_weights(NetworkIndex network) const {
  NetworkWeights result;
  for (const Layer& layer : networks_.at(network.value())->layers) {
    Vector flat;
    for (const Vector& row : layer.w)
      flat.insert(flat.end(), row.begin(), row.end());
    result.weights.push_back(std::move(flat));
    result.biases.push_back(layer.b);
  }
  return result;
}

std::vector<double> ReferenceEngine::losses(NetworkIndex network) const {
  return networks_.at(network.value())->losses;
}

NetworkWeights ReferenceEngine::gradient(NetworkIndex network) const {
  const auto& layers = networks_.at(network.value())->layers;
  const Batch all = select_samples(*batch_.data, nullptr, batch_.data->samples);
  const Forward pass = forward(layers, batch_.activation, all.input);
  const auto delta = backward(layers, batch_.activation, batch_.objective, pass, all.target);
  NetworkWeights result;
  for (const LayerGradient& g : weight_gradients(pass, delta)) {
    Vector flat;
    for (const Vector& row : g.w)
      flat.insert(flat.end(), row.begin(), row.end());
    result.weights.push_back(std::move(flat));
    result.biases.push_back(g.b);
  }
  return result;
}

void ReferenceEngine::upload_weights(NetworkIndex network, const NetworkWeights& weights) {
  auto& layers = networks_.at(network.value())->layers;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::size_t inputs = layers[l].w[0].size();
    for (std::size_t i = 0; i < layers[l].b.size(); ++i) {
      const auto row = weights.weights.at(l).begin() + static_cast<std::ptrdiff_t>(i * inputs);
      layers[l].w[i].assign(row, row + static_cast<std::ptrdiff_t>(inputs));
      layers[l].b[i] = weights.biases.at(l).at(i);
    }
  }
}

}  // namespace vnsweep
