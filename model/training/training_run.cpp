#include "model/training/training_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/safetensors.hpp"
#include "model/worker_threads.hpp"

namespace tradewind::model {

namespace {

constexpr std::int64_t kWarmUpSteps = 100;
constexpr double kConstantShare = 0.3;
constexpr double kLargestAverageDecay = 0.998;
constexpr std::size_t kOutcomeSteps = 200;  // the last steps that the outcome's loss is taken from
constexpr std::int64_t kLargestSteps = 10'000'000;

using nlohmann::json;

void check(const TrainingSettings& settings) {
    const auto refuse = [](const char* what, const char* why) {
        throw Error(ErrorKind::usage, what, "model train", why);
    };
    if (settings.steps < 1 || settings.steps > kLargestSteps) refuse("steps", "are out of range");
    if (settings.shards < 1 || settings.shards > 64) refuse("shards", "are not 1 to 64");
    if (settings.shard_rows < 4) refuse("rows", "are fewer than 4 a shard");
    if (!(settings.learning_rate > 0)) refuse("learning rate", "is not positive");
    if (!(settings.synthetic_share >= 0 && settings.synthetic_share <= 1)) {
        refuse("synthetic share", "is not between 0 and 1");
    }
    if (settings.report_every < 1 || settings.checkpoint_every < 1 || settings.validate_every < 1) {
        refuse("interval of reports", "is not positive");
    }
}

std::string identity_of(const TrainingSettings& settings, const TrainingData& data) {
    json series = json::array();
    for (const TrainingSeries& one : data.series) {
        series.push_back({one.name, name_of(one.kind), one.bars.size()});
    }
    return json{{"network", config_text(settings.network)},
                {"seed", settings.seed},
                {"steps", settings.steps},
                {"shards", settings.shards},
                {"shard_rows", settings.shard_rows},
                {"learning_rate", settings.learning_rate},
                {"synthetic_share", settings.synthetic_share},
                {"series", series},
                {"hashes", data.hashes}}
        .dump();
}

json to_json(const BatchLoss& loss) {
    return {loss.weight,        loss.loss,        loss.recorded_weight,
            loss.recorded_loss, loss.first_steps, loss.below};
}

BatchLoss loss_from(const json& array) {
    BatchLoss loss;
    loss.weight = array.at(0);
    loss.loss = array.at(1);
    loss.recorded_weight = array.at(2);
    loss.recorded_loss = array.at(3);
    loss.first_steps = array.at(4);
    loss.below = array.at(5).get<std::array<double, kToto2Quantiles>>();
    return loss;
}

BatchLoss sum_of(const std::deque<BatchLoss>& losses) {
    BatchLoss sum;
    for (const BatchLoss& loss : losses) sum += loss;
    return sum;
}

class Run {
  public:
    Run(const TrainingSettings& settings, const TrainingData& data, const TrainingPlan& plan)
        : settings_(settings),
          data_(data),
          plan_(plan),
          identity_(identity_of(settings, data)),
          table_(settings.network),
          windows_(with_joined(data.series)),
          trainer_(open_network_trainer(settings.network, settings.shards,
                                        table_.initial_values(settings.seed))) {
        if (std::filesystem::exists(plan.state)) restore();
    }

    TrainingOutcome to_the_end();

  private:
    static std::vector<TrainingSeries> with_joined(std::vector<TrainingSeries> series) {
        const std::size_t recorded = series.size();
        for (std::size_t i = 0; i < recorded; ++i) {
            for (TrainingSeries& joined : joined_series(series[i])) {
                series.push_back(std::move(joined));
            }
        }
        return series;
    }
    void restore();
    void save();
    void step(WorkerThreads& threads);
    void report(double elapsed_s, std::int64_t first_step);
    std::string finish(TrainingOutcome& outcome);

    const TrainingSettings& settings_;
    const TrainingData& data_;
    const TrainingPlan& plan_;
    std::string identity_;
    ParameterTable table_;
    RealWindows windows_;
    std::unique_ptr<NetworkTrainer> trainer_;
    std::int64_t step_ = 0;
    BatchLoss since_report_;
    std::deque<BatchLoss> recent_;  // the last kOutcomeSteps
};

void Run::restore() {
    const SafeTensors file = SafeTensors::open(plan_.state);
    const auto value = [&](const char* key) {
        const auto found = file.metadata().find(key);
        return found == file.metadata().end() ? std::string() : found->second;
    };
    if (value("identity") != identity_) {
        throw Error(ErrorKind::usage, "training state", plan_.state,
                    "belongs to another run (other settings or data)",
                    "give the options of that run, or another --state");
    }
    try {
        TrainerState state;
        state.weights = file.at("weights").to_float();
        state.first_moment = file.at("first_moment").to_float();
        state.second_moment = file.at("second_moment").to_float();
        state.average = file.at("average").to_float();
        state.steps = step_ = json::parse(value("step")).get<std::int64_t>();
        since_report_ = loss_from(json::parse(value("since_report")));
        for (const json& loss : json::parse(value("recent"))) recent_.push_back(loss_from(loss));
        if (state.weights.size() != table_.count()) throw std::out_of_range("wrong length");
        trainer_->restore(state);
    } catch (const json::exception& error) {
        throw Error(ErrorKind::data, "training state", plan_.state, error.what());
    } catch (const std::out_of_range& error) {
        throw Error(ErrorKind::data, "training state", plan_.state, error.what());
    }
}

void Run::save() {
    const TrainerState state = trainer_->state();
    json recent = json::array();
    for (const BatchLoss& loss : recent_) recent.push_back(to_json(loss));
    SafeTensorsWriter writer;
    writer.set_metadata("identity", identity_);
    writer.set_metadata("step", std::to_string(step_));
    writer.set_metadata("since_report", to_json(since_report_).dump());
    writer.set_metadata("recent", recent.dump());
    const Shape shape = {static_cast<std::int64_t>(state.weights.size())};
    writer.add("weights", shape, std::span<const float>(state.weights));
    writer.add("first_moment", shape, std::span<const float>(state.first_moment));
    writer.add("second_moment", shape, std::span<const float>(state.second_moment));
    writer.add("average", shape, std::span<const float>(state.average));
    writer.write(plan_.state);
}

void Run::step(WorkerThreads& threads) {
    const auto number = static_cast<std::uint32_t>(step_);
    const BatchShape shape = draw_shape(settings_.seed, number, settings_.shard_rows);
    std::vector<BatchLoss> losses(settings_.shards);
    std::vector<std::exception_ptr> failures(settings_.shards);
    threads.run(settings_.shards, [&](std::size_t shard) {
        try {
            losses[shard] =
                trainer_->accumulate(shard, make_batch(windows_, shape, settings_.synthetic_share,
                                                       settings_.seed, number, shard));
        } catch (...) {
            failures[shard] = std::current_exception();
        }
    });
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
    BatchLoss loss;
    for (const BatchLoss& one : losses) loss += one;
    if (!std::isfinite(loss.loss)) {
        throw Error(ErrorKind::failed, "training", "step " + std::to_string(step_),
                    "the loss is not finite", "train again with a lower --rate");
    }
    trainer_->update({learning_rate_at(step_, settings_), average_decay_at(step_)});
    ++step_;
    since_report_ += loss;
    recent_.push_back(loss);
    if (recent_.size() > kOutcomeSteps) recent_.pop_front();
}

void Run::report(double elapsed_s, std::int64_t first_step) {
    TrainingProgress progress;
    progress.step = step_;
    progress.steps = settings_.steps;
    progress.learning_rate = learning_rate_at(step_ - 1, settings_);
    progress.loss = since_report_;
    progress.steps_per_s = static_cast<double>(step_ - first_step) / std::max(elapsed_s, 1e-9);
    if (step_ % settings_.validate_every == 0) {
        progress.validation = validate(*trainer_, data_.validation, settings_.validation_forecasts);
    }
    since_report_ = {};
    if (plan_.report) plan_.report(progress);
}

std::string Run::finish(TrainingOutcome& outcome) {
    outcome.validation = validate(*trainer_, data_.validation, settings_.validation_forecasts);
    std::map<std::string, std::string> metadata = plan_.metadata;
    metadata["input_form"] = "anchored";
    metadata["channel_code"] = "prefix_patch";
    metadata["context_points"] = "512";
    metadata["seed"] = std::to_string(settings_.seed);
    metadata["steps"] = std::to_string(settings_.steps);
    metadata["data_sha256"] = json(data_.hashes).dump();
    json metrics = {{"loss", outcome.loss.mean()}, {"targets_ahead_1", outcome.loss.first_steps}};
    if (outcome.validation) {
        metrics["validation_close_ratio"] = outcome.validation->close_ratio;
        metrics["validation_close_coverage"] = outcome.validation->coverage;
        metrics["validation_forecasts"] = outcome.validation->forecasts;
    }
    metadata["metrics"] = metrics.dump();
    return table_.write_checkpoint(plan_.output, trainer_->state().average, metadata);
}

TrainingOutcome Run::to_the_end() {
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t first_step = step_;
    const std::int64_t last_step =
        plan_.pause_at_step > 0 ? std::min(plan_.pause_at_step, settings_.steps) : settings_.steps;
    {
        WorkerThreads threads(std::min<unsigned>(std::max(settings_.threads, 1U),
                                                 static_cast<unsigned>(settings_.shards)));
        bool stopped = false;
        while (step_ < last_step && !stopped) {
            step(threads);
            stopped = plan_.stop_wanted && plan_.stop_wanted();
            if (step_ % settings_.report_every == 0) {
                const std::chrono::duration<double> elapsed =
                    std::chrono::steady_clock::now() - start;
                report(elapsed.count(), first_step);
            }
            if (step_ % settings_.checkpoint_every == 0 || stopped || step_ == last_step) save();
        }
    }
    TrainingOutcome outcome;
    outcome.step = step_;
    outcome.complete = step_ == settings_.steps;
    outcome.loss = sum_of(recent_);
    if (outcome.complete) {
        outcome.weights_sha256 = finish(outcome);
        std::filesystem::remove(plan_.state);
    }
    return outcome;
}

}  // namespace

double learning_rate_at(std::int64_t step, const TrainingSettings& settings) {
    const auto place = static_cast<double>(step);
    const auto steps = static_cast<double>(settings.steps);
    const double warm_up = std::min((place + 1) / kWarmUpSteps, 1.0);
    const double decay = std::min((steps - place) / (steps * (1 - kConstantShare)), 1.0);
    return settings.learning_rate * std::min(warm_up, decay);
}

double average_decay_at(std::int64_t step) {
    return std::min(kLargestAverageDecay, 1 - 1 / (static_cast<double>(step) + 1));
}

TrainingOutcome train(const TrainingSettings& settings, const TrainingData& data,
                      const TrainingPlan& plan) {
    check(settings);
    return Run(settings, data, plan).to_the_end();
}

}  // namespace tradewind::model
