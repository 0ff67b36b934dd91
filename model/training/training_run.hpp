// A whole training run: steps in order, progress, a state file to go on from, the checkpoint at the
// end. This is what `tradewind model train` does.
//
// A run is a function of (settings, data): the draws of a step depend on the seed and the step
// alone, and the shards of a batch are added in order, so neither the number of threads nor an
// interruption changes a byte of the result. The state file appears complete or not at all; it
// names its run, and a state of another run is refused. Errors: Error (usage, data, unavailable,
// failed). Blocking; one run per process at a time. Source: training recipe 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/training/parameters.hpp"
#include "model/training/validation.hpp"

namespace tradewind::model {

struct TrainingSettings {
    Toto2Config network = embedded_config();
    std::uint64_t seed = 1;
    std::int64_t steps = 2500;
    std::size_t shards = 2;       // a batch is computed in so many parts, each by one thread
    std::size_t shard_rows = 64;  // of 512 points
    double learning_rate = 0.3;
    double synthetic_share = 0.5;

    // What follows changes no weight.
    unsigned threads = 2;
    std::int64_t report_every = 20;  // steps
    std::int64_t checkpoint_every = 100;
    std::int64_t validate_every = 250;
    std::size_t validation_forecasts = 1000;
};

struct TrainingData {
    std::vector<TrainingSeries> series;  // as recorded; joined ones are added by the run
    std::vector<ValidationSeries> validation;
    std::map<std::string, std::string> hashes;  // file name to SHA-256
};

struct TrainingProgress {
    std::int64_t step = 0;  // steps taken
    std::int64_t steps = 0;
    double learning_rate = 0;
    BatchLoss loss;          // of the steps since the last report
    double steps_per_s = 0;  // since the start of this call
    std::optional<ValidationScore> validation;
};

struct TrainingPlan {
    std::string output;                           // checkpoint folder, written at the end
    std::string state;                            // file of the training state
    std::int64_t pause_at_step = 0;               // end early there, state saved; 0: run to the end
    std::map<std::string, std::string> metadata;  // added to the weights' own
    std::function<void(const TrainingProgress&)> report;
    std::function<bool()> stop_wanted;  // asked after every step
};

struct TrainingOutcome {
    std::int64_t step = 0;
    bool complete = false;
    BatchLoss loss;  // of the last steps, up to 200
    std::optional<ValidationScore> validation;
    std::string weights_sha256;  // when complete
};

// Learning rate at step 0 ... steps - 1: linear warm-up over 100 steps, constant to 30 % of the
// run, then linear to 0.
[[nodiscard]] double learning_rate_at(std::int64_t step, const TrainingSettings& settings);

// Weight of the running average that is kept after `step` (from 0): min(0.998, 1 - 1/(step + 1)).
[[nodiscard]] double average_decay_at(std::int64_t step);

// Goes on from plan.state when that file exists; removes it when the run is complete.
TrainingOutcome train(const TrainingSettings& settings, const TrainingData& data,
                      const TrainingPlan& plan);

}  // namespace tradewind::model
