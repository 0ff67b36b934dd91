// tradewind model train: trains the embedded network on recorded and synthetic bars. Source:
// contract 2, training recipe.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "messages/error.hpp"
#include "model/data_split.hpp"
#include "model/training/training_run.hpp"
#include "tools/command.hpp"
#include "tools/model_data.hpp"
#include "tools/trading_options.hpp"
#include "tools/version.hpp"

namespace tradewind::tools {
namespace {

using nlohmann::ordered_json;

struct TrainArguments {
    std::vector<std::string> data;
    std::vector<std::string> symbols;
    std::vector<std::string> leave_out;
    std::string train_until = "2024-07-01";
    std::string test_from = "2025-01-01";
    double train_share = 0.7;
    double test_share = 0.18;
    std::string out;
    std::string state;
    std::size_t rows = 128;
    model::TrainingSettings settings;
    bool overwrite = false;
    bool json = false;
};

volatile std::sig_atomic_t stop_signal = 0;

void note_signal(int number) {
    stop_signal = number;
}

Date date_option(const std::string& option, const std::string& text) {
    const auto date = parse_date(text);
    if (!date) refuse_option(option, text, "is no date", "write it as 2024-07-01");
    return *date;
}

model::DataSplit split_of(const TrainArguments& arguments) {
    model::DataSplit split;
    split.daily_training_end = date_option("--train-until", arguments.train_until);
    split.daily_test_begin = date_option("--test-from", arguments.test_from);
    split.intraday_training_share = arguments.train_share;
    split.intraday_test_share = arguments.test_share;
    return split;
}

struct Prepared {
    model::TrainingData data;
    ordered_json trained = ordered_json::array();  // symbol, class, bars
    std::vector<std::string> left_out;
};

Prepared prepare(const TrainArguments& arguments) {
    Prepared prepared;
    const auto excluded = parse_symbols(arguments.leave_out);
    const std::set<Symbol> left_out(excluded.begin(), excluded.end());
    const model::DataSplit split = split_of(arguments);
    for (const ModelSeries& entry :
         read_model_series(arguments.data, parse_symbols(arguments.symbols), {})) {
        const BarSeries& series = *entry.series;
        const std::filesystem::path file(entry.path);
        prepared.data.hashes[(file.parent_path().filename() / file.filename()).string()] =
            entry.sha256;
        if (left_out.contains(series.symbol)) {
            prepared.left_out.push_back(series.symbol.to_string());
            continue;
        }
        const auto kind = model::market_class_of(series);
        const std::size_t end = model::training_bars(series, split);
        const std::size_t test = model::test_begin(series, split);
        if (end >= 2) {
            prepared.data.series.push_back(model::training_series(series, kind, 0, end));
            prepared.trained.push_back({series.symbol.to_string(), model::name_of(kind), end});
        }
        if (test > end) {
            prepared.data.validation.push_back(
                {model::training_series(series, kind, 0, test), end, test});
        }
    }
    return prepared;
}

std::string percentages(const std::array<double, model::kToto2Quantiles>& shares, double total) {
    std::string text;
    for (const double share : shares) {
        char number[16];
        std::snprintf(number, sizeof number, " %.1f", total > 0 ? 100 * share / total : 0.0);
        text += number;
    }
    return text;
}

void report(const model::TrainingProgress& progress) {
    const model::BatchLoss& loss = progress.loss;
    std::fprintf(stderr,
                 "step %lld of %lld  rate %.4f  loss %.4f (recorded bars %.4f)  coverage%s"
                 "  %.2f steps/s\n",
                 static_cast<long long>(progress.step), static_cast<long long>(progress.steps),
                 progress.learning_rate, loss.mean(),
                 loss.recorded_weight > 0 ? loss.recorded_loss / loss.recorded_weight : 0.0,
                 percentages(loss.below, loss.first_steps).c_str(), progress.steps_per_s);
    if (progress.validation) {
        std::fprintf(stderr,
                     "  validation: close %.4f of EWMA 0.94 over %zu forecasts, coverage%s\n",
                     progress.validation->close_ratio, progress.validation->forecasts,
                     percentages(progress.validation->coverage, 1).c_str());
        for (std::size_t kind = 0; kind < model::kMarketClasses; ++kind) {
            if (!progress.validation->class_ratio[kind]) continue;
            std::fprintf(stderr, "    %s %.4f\n",
                         model::name_of(static_cast<model::MarketClass>(kind)),
                         *progress.validation->class_ratio[kind]);
        }
    }
}

std::string command_text(const TrainArguments& arguments) {
    std::string text = "tradewind model train";
    const auto add = [&text](const std::string& option, const std::string& value) {
        text += " " + option + " " + value;
    };
    const auto joined = [](const std::vector<std::string>& words) {
        std::string list;
        for (const std::string& word : words) list += (list.empty() ? "" : ",") + word;
        return list;
    };
    const auto number = [](double value) {
        char digits[32];
        std::snprintf(digits, sizeof digits, "%g", value);
        return std::string(digits);
    };
    for (const std::string& path : arguments.data) add("--data", path);
    if (!arguments.symbols.empty()) add("--symbols", joined(arguments.symbols));
    if (!arguments.leave_out.empty()) add("--leave-out", joined(arguments.leave_out));
    add("--train-until", arguments.train_until);
    add("--train-share", number(arguments.train_share));
    add("--seed", std::to_string(arguments.settings.seed));
    add("--steps", std::to_string(arguments.settings.steps));
    add("--rows", std::to_string(arguments.rows));
    add("--shards", std::to_string(arguments.settings.shards));
    add("--rate", number(arguments.settings.learning_rate));
    add("--synthetic-share", number(arguments.settings.synthetic_share));
    add("--out", arguments.out);
    return text;
}

ordered_json outcome_json(const TrainArguments& arguments, const model::TrainingOutcome& outcome) {
    ordered_json document{
        {"out", arguments.out},         {"state", arguments.state},
        {"complete", outcome.complete}, {"step", outcome.step},
        {"loss", outcome.loss.mean()},  {"weights_sha256", outcome.weights_sha256}};
    if (outcome.validation) {
        document["validation_close_ratio"] = outcome.validation->close_ratio;
        document["validation_close_coverage"] = outcome.validation->coverage;
    }
    return document;
}

void train(TrainArguments arguments) {
    namespace fs = std::filesystem;
    if (fs::exists(fs::path(arguments.out) / "model.safetensors") && !arguments.overwrite) {
        refuse_option("--out", arguments.out, "holds a model already", "use --overwrite");
    }
    if (arguments.state.empty()) {
        arguments.state = (fs::path(arguments.out) / "").parent_path().string() + ".training";
    }
    if (arguments.rows % arguments.settings.shards != 0) {
        refuse_option("--rows", std::to_string(arguments.rows), "is no multiple of --shards",
                      "use 128 with 2");
    }
    arguments.settings.shard_rows = arguments.rows / arguments.settings.shards;
    const Prepared prepared = prepare(arguments);
    model::TrainingPlan plan;
    plan.output = arguments.out;
    plan.state = arguments.state;
    plan.metadata["command"] = command_text(arguments);
    plan.metadata["trained"] = prepared.trained.dump();
    plan.metadata["left_out"] = ordered_json(prepared.left_out).dump();
    plan.metadata["version"] = std::string(kVersion) + " " + kCommit;
    plan.report = report;
    plan.stop_wanted = [] { return stop_signal != 0; };
    std::signal(SIGINT, note_signal);
    std::signal(SIGTERM, note_signal);
    const auto outcome = model::train(arguments.settings, prepared.data, plan);
    if (arguments.json) {
        std::printf("%s\n", outcome_json(arguments, outcome).dump(2).c_str());
    } else if (outcome.complete) {
        std::printf("out      %s\nloss     %.4f\nsha256   %s\n", arguments.out.c_str(),
                    outcome.loss.mean(), outcome.weights_sha256.c_str());
    } else {
        std::printf("stopped after step %lld; the same command goes on from %s\n",
                    static_cast<long long>(outcome.step), arguments.state.c_str());
    }
    if (!outcome.complete) throw ExitWith{exit_code(ErrorKind::failed)};
}

}  // namespace

void add_model_train(CLI::App& model) {
    auto* command = model.add_subcommand("train", "train the embedded network");
    const auto arguments = std::make_shared<TrainArguments>();
    auto& settings = arguments->settings;
    command->add_option("--data", arguments->data, "bars: CSV or Parquet files or folders")
        ->required();
    command->add_option("--symbols", arguments->symbols, "only these symbols")->delimiter(',');
    command->add_option("--leave-out", arguments->leave_out, "never train on these symbols")
        ->delimiter(',');
    command->add_option("--train-until", arguments->train_until, "daily bars before this date")
        ->capture_default_str();
    command
        ->add_option("--test-from", arguments->test_from,
                     "daily bars before this date, after the training part, are for reports")
        ->capture_default_str();
    command->add_option("--train-share", arguments->train_share, "first part of shorter bars")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command->add_option("--test-share", arguments->test_share, "last part of shorter bars")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command->add_option("--out", arguments->out, "checkpoint folder to write")->required();
    command->add_option("--state", arguments->state,
                        "file to go on from after a stop; default: OUT.training");
    command->add_option("--seed", settings.seed, "of all draws")->capture_default_str();
    command->add_option("--steps", settings.steps, "of the optimiser")->capture_default_str();
    command->add_option("--rows", arguments->rows, "of 512 points in a step")
        ->capture_default_str();
    command->add_option("--shards", settings.shards, "parts of a step; they decide the bits")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    command->add_option("--threads", settings.threads, "at most one a shard; no bit depends on it")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    command->add_option("--rate", settings.learning_rate, "learning rate")->capture_default_str();
    command->add_option("--synthetic-share", settings.synthetic_share, "of the windows")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command->add_option("--report-every", settings.report_every, "steps")->capture_default_str();
    command->add_option("--checkpoint-every", settings.checkpoint_every, "steps")
        ->capture_default_str();
    command->add_option("--validate-every", settings.validate_every, "steps, of those reported")
        ->capture_default_str();
    command->add_flag("--overwrite", arguments->overwrite, "replace the model in --out");
    command->add_flag("--json", arguments->json, "print one JSON object");
    command->callback([arguments] { train(*arguments); });
}

}  // namespace tradewind::tools
