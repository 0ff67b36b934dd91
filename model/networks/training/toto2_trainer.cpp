// The NetworkTrainer on LibTorch and the module's entry to it.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <memory>

#include "messages/error.hpp"
#include "model/networks/arithmetic.hpp"
#include "model/networks/training/training_network.hpp"
#include "model/training/network_trainer.hpp"

namespace tradewind::model {

namespace {

constexpr double kFirstMomentDecay = 0.9;
constexpr double kSecondMomentDecay = 0.98;
constexpr double kAdamEpsilon = 1e-10;

at::Tensor flat_tensor(std::span<const float> values) {
    return at::from_blob(const_cast<float*>(values.data()),
                         {static_cast<std::int64_t>(values.size())}, at::kFloat)
        .clone();
}

std::vector<float> plain(const at::Tensor& tensor) {
    const at::Tensor whole = tensor.contiguous();
    const auto* const values = whole.const_data_ptr<float>();
    return {values, values + whole.numel()};
}

std::vector<at::Tensor> views_of(const at::Tensor& flat, const ParameterTable& table) {
    std::vector<at::Tensor> views;
    for (const Parameter& parameter : table.trained()) {
        views.push_back(flat.narrow(0, static_cast<std::int64_t>(parameter.first),
                                    static_cast<std::int64_t>(parameter.count))
                            .view(parameter.shape)
                            .detach());
    }
    return views;
}

// The same weights as every shard, with a gradient of its own.
struct Shard {
    std::vector<at::Tensor> leaves;
    at::Tensor gradient;  // flat
};

class Toto2Trainer final : public NetworkTrainer {
  public:
    Toto2Trainer(const Toto2Config& config, std::size_t shards, std::span<const float> weights);

    BatchLoss accumulate(std::size_t shard, const TrainingBatch& batch) override;
    void update(const UpdateRates& rates) override;
    std::vector<float> head_outputs(const TrainingBatch& batch, bool average) override;
    std::vector<float> gradient(std::size_t shard) const override {
        return plain(shards_.at(shard).gradient);
    }
    TrainerState state() const override {
        return {steps_, plain(weights_), plain(first_moment_), plain(second_moment_),
                plain(average_)};
    }
    void restore(const TrainerState& state) override;

  private:
    Toto2Config config_;
    ParameterTable table_;
    std::int64_t steps_ = 0;
    at::Tensor weights_;
    at::Tensor first_moment_;
    at::Tensor second_moment_;
    at::Tensor average_;
    at::Tensor rates_;  // of each value
    std::vector<Shard> shards_;
};

Toto2Trainer::Toto2Trainer(const Toto2Config& config, std::size_t shards,
                           std::span<const float> weights)
    : config_(config), table_(config) {
    static_cast<void>(config_text(config));  // refuses what cannot be trained
    ensure(config.patch_size == static_cast<std::int64_t>(kTrainingPatch),
           "the trainer's patch is the network's");
    ensure(weights.size() == table_.count() && shards > 0, "a trainer starts from all weights");
    weights_ = flat_tensor(weights);
    first_moment_ = at::zeros_like(weights_);
    second_moment_ = at::zeros_like(weights_);
    average_ = weights_.clone();
    rates_ = at::empty_like(weights_);
    for (const Parameter& parameter : table_.trained()) {
        rates_
            .narrow(0, static_cast<std::int64_t>(parameter.first),
                    static_cast<std::int64_t>(parameter.count))
            .fill_(parameter.rate);
    }
    for (std::size_t i = 0; i < shards; ++i) {
        Shard shard;
        shard.gradient = at::zeros_like(weights_);
        shard.leaves = views_of(weights_, table_);
        const auto slopes = views_of(shard.gradient, table_);
        for (std::size_t p = 0; p < slopes.size(); ++p) {
            shard.leaves[p].set_requires_grad(true);
            shard.leaves[p].mutable_grad() = slopes[p];  // backward adds into the flat array
        }
        shards_.push_back(std::move(shard));
    }
}

BatchLoss Toto2Trainer::accumulate(std::size_t shard, const TrainingBatch& batch) {
    Shard& own = shards_.at(shard);
    own.gradient.zero_();
    const TrainingNetwork network(config_, table_, own.leaves);
    const at::Tensor head = network.forward(batch);
    const at::Tensor outputs = head.detach().contiguous();
    at::Tensor slope = at::empty_like(outputs);
    const auto count = static_cast<std::size_t>(outputs.numel());
    const BatchLoss loss = training_loss(batch, {outputs.const_data_ptr<float>(), count},
                                         {slope.data_ptr<float>(), count});
    head.backward(slope);
    return loss;
}

void Toto2Trainer::update(const UpdateRates& rates) {
    const at::NoGradGuard guard;
    at::Tensor slope = shards_.front().gradient.clone();
    for (std::size_t i = 1; i < shards_.size(); ++i) slope.add_(shards_[i].gradient);
    slope.div_(static_cast<double>(shards_.size()));
    ++steps_;
    const auto count = static_cast<double>(steps_);
    first_moment_.mul_(kFirstMomentDecay).add_(slope, 1 - kFirstMomentDecay);
    second_moment_.mul_(kSecondMomentDecay).addcmul_(slope, slope, 1 - kSecondMomentDecay);
    const double first_bias = 1 - std::pow(kFirstMomentDecay, count);
    const double second_bias = 1 - std::pow(kSecondMomentDecay, count);
    const at::Tensor divisor =
        second_moment_.sqrt().mul_(1 / std::sqrt(second_bias)).add_(kAdamEpsilon);
    weights_.addcdiv_(first_moment_ * rates_, divisor, -rates.learning_rate / first_bias);
    average_.mul_(rates.average_decay).add_(weights_, 1 - rates.average_decay);
}

std::vector<float> Toto2Trainer::head_outputs(const TrainingBatch& batch, bool average) {
    const at::NoGradGuard guard;
    const auto leaves = views_of(average ? average_ : weights_, table_);
    return plain(TrainingNetwork(config_, table_, leaves).forward(batch));
}

void Toto2Trainer::restore(const TrainerState& state) {
    const at::NoGradGuard guard;
    const auto load = [](at::Tensor& tensor, const std::vector<float>& values) {
        ensure(values.size() == static_cast<std::size_t>(tensor.numel()),
               "a training state belongs to its network");
        tensor.copy_(flat_tensor(values));
    };
    load(weights_, state.weights);
    load(first_moment_, state.first_moment);
    load(second_moment_, state.second_moment);
    load(average_, state.average);
    steps_ = state.steps;
}

// LibTorch's errors leave the module as ours.
template <class Work>
auto translated(Work&& work) {
    try {
        return work();
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::failed, "training", "LibTorch", error.what_without_backtrace());
    }
}

class TranslatingTrainer final : public NetworkTrainer {
  public:
    explicit TranslatingTrainer(std::unique_ptr<NetworkTrainer> inner) : inner_(std::move(inner)) {}
    BatchLoss accumulate(std::size_t shard, const TrainingBatch& batch) override {
        return translated([&] { return inner_->accumulate(shard, batch); });
    }
    void update(const UpdateRates& rates) override {
        translated([&] { inner_->update(rates); });
    }
    std::vector<float> head_outputs(const TrainingBatch& batch, bool average) override {
        return translated([&] { return inner_->head_outputs(batch, average); });
    }
    std::vector<float> gradient(std::size_t shard) const override {
        return translated([&] { return inner_->gradient(shard); });
    }
    TrainerState state() const override {
        return translated([&] { return inner_->state(); });
    }
    void restore(const TrainerState& state) override {
        translated([&] { inner_->restore(state); });
    }

  private:
    std::unique_ptr<NetworkTrainer> inner_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) NetworkTrainer* tradewind_open_trainer(
    const Toto2Config& config, std::size_t shards, std::span<const float> weights) {
    settle_arithmetic(1);  // every shard is computed by one thread
    return translated([&] {
               return std::make_unique<TranslatingTrainer>(
                   std::make_unique<Toto2Trainer>(config, shards, weights));
           })
        .release();
}

}  // namespace tradewind::model
