// tradewind model info|forecast: what a forecast model is, and its forecasts. Source: contract 2.2.
// Each further sub-command is a file of its own: its declaration and a line in add_model().
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actors/feed/catalog_feed.hpp"
#include "market/catalog/bar_reader.hpp"
#include "messages/error.hpp"
#include "model/commands.hpp"
#include "tools/command.hpp"
#include "tools/settings_options.hpp"
#include "tools/trading_options.hpp"
#include "tools/version.hpp"

namespace tradewind::tools {

void add_model_bench(CLI::App& model);
void add_model_fit(CLI::App& model);
void add_model_train(CLI::App& model);
void add_model_verify(CLI::App& model);
void add_model_warmup(CLI::App& model);

namespace {

using nlohmann::ordered_json;

struct InfoArguments {
    std::string model;
    bool json = false;
};

struct ForecastArguments {
    config::Sources sources;
    std::string model;
    std::string input;
    std::vector<std::string> bars;
    std::vector<std::string> symbols;
    std::string from;
    std::string to;
    std::string interval;
    std::string on_bad_row = "stop";
    std::string out;
    std::int64_t horizon = 1;
    std::string device = "cpu";
    std::string precision;
    std::int64_t batch = 0;
    unsigned threads = 0;
    std::vector<std::string> set;
    bool exact_shape = false;
    bool stages = false;
    bool json = false;
};

void info(const InfoArguments& arguments) {
    const auto text = arguments.json ? model::model_info_json(arguments.model)
                                     : model::model_info_text(arguments.model);
    std::printf("%s%s", text.c_str(), text.ends_with('\n') ? "" : "\n");
}

std::map<std::string, std::string> parameters_of(const ForecastArguments& arguments) {
    std::map<std::string, std::string> values;
    for (const auto& [key, value] : parse_parameters(arguments.set)) values[key] = value;
    return values;
}

void forecast_tensors(const ForecastArguments& arguments) {
    model::TensorForecastOptions options;
    options.model = arguments.model;
    options.input = arguments.input;
    options.output = arguments.out;
    options.horizon = arguments.horizon;
    options.device = arguments.device;
    options.precision = arguments.precision;
    options.batch = arguments.batch;
    options.exact_shape = arguments.exact_shape;
    options.stages = arguments.stages;
    options.threads = arguments.threads;
    options.set = parameters_of(arguments);
    options.version = kVersion;
    const auto metadata = model::forecast_tensors(options);
    if (arguments.json) {
        const ordered_json document{{"out", arguments.out}, {"metadata", metadata}};
        std::printf("%s\n", document.dump(2).c_str());
        return;
    }
    for (const auto& [key, value] : metadata) {
        std::printf("%-10s %s\n", key.c_str(), value.c_str());
    }
    std::printf("%-10s %s\n", "out", arguments.out.c_str());
}

void forecast_bars(const ForecastArguments& arguments) {
    if (arguments.exact_shape || arguments.stages || arguments.batch != 0) {
        refuse_option("--bars", arguments.bars.front(),
                      "excludes --batch, --exact-shape and --stages", "use --input for tensors");
    }
    const auto settings = settings_of(arguments.sources);
    model::BarForecastOptions options;
    options.forecaster = forecaster_options(settings, arguments.model);
    options.forecaster.device = arguments.device;
    options.forecaster.precision = arguments.precision;
    if (arguments.threads != 0) options.forecaster.threads = arguments.threads;
    for (const auto& [key, value] : parameters_of(arguments)) {
        options.forecaster.parameters[key] = value;
    }
    const auto range = actors::feed_range(arguments.from, arguments.to);
    if (!arguments.from.empty()) options.from = range.from;
    if (!arguments.to.empty()) options.to = range.to;
    options.horizon = static_cast<std::uint32_t>(arguments.horizon);
    options.output = arguments.out;
    market::ReadOptions read;
    read.symbols = parse_symbols(arguments.symbols);
    read.interval_ns = parse_interval_ns(arguments.interval);
    read.on_bad_row = parse_on_bad_row(arguments.on_bad_row);
    read.hash_files = false;
    options.series = market::read_catalog(arguments.bars, read).series;
    const auto summary = model::forecast_bars(options);
    if (arguments.json) {
        const ordered_json document{{"out", arguments.out},
                                    {"producer", summary.producer},
                                    {"forecasts", summary.forecasts},
                                    {"skipped", summary.skipped}};
        std::printf("%s\n", document.dump(2).c_str());
        return;
    }
    std::printf("producer   %s\nforecasts  %llu\nskipped    %llu\nout        %s\n",
                summary.producer.c_str(), static_cast<unsigned long long>(summary.forecasts),
                static_cast<unsigned long long>(summary.skipped), arguments.out.c_str());
}

void forecast(const ForecastArguments& arguments) {
    if (arguments.input.empty() == arguments.bars.empty()) {
        refuse_option("--input", arguments.input, "exactly one of --input and --bars is needed",
                      "see `tradewind model forecast --help`");
    }
    if (!arguments.input.empty()) {
        forecast_tensors(arguments);
    } else {
        forecast_bars(arguments);
    }
}

void add_info(CLI::App& model) {
    auto* command = model.add_subcommand("info", "say what a model is");
    const auto arguments = std::make_shared<InfoArguments>();
    command->add_option("model", arguments->model, kForecasterHelp)->required();
    command->add_flag("--json", arguments->json, "print one JSON object");
    command->callback([arguments] { info(*arguments); });
}

void add_forecast(CLI::App& model) {
    auto* command = model.add_subcommand("forecast", "forecast tensors or bars");
    const auto arguments = std::make_shared<ForecastArguments>();
    add_config_option(*command, arguments->sources);
    command->add_option("--model", arguments->model, kForecasterHelp)->required();
    command->add_option("--input", arguments->input,
                        "safetensors: series, optional mask, group, known, future_exogenous, ...");
    command->add_option("--bars", arguments->bars, "bars: CSV or Parquet files or folders");
    command->add_option("--symbols", arguments->symbols, "bars: only these symbols")
        ->delimiter(',');
    command->add_option("--from", arguments->from, "bars: first bar forecast, inclusive");
    command->add_option("--to", arguments->to, "bars: last bar forecast, inclusive");
    command->add_option("--interval", arguments->interval, "bars: length 1m, 1h or 1d");
    command->add_option("--on-bad-row", arguments->on_bad_row, "bars: stop or skip")
        ->capture_default_str();
    command->add_option("--horizon", arguments->horizon, "steps ahead")
        ->required()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{model::kMaximumHorizon}));
    command->add_option("--out", arguments->out, "file to write: safetensors, or CSV for --bars")
        ->required();
    command->add_option("--device", arguments->device, "cpu or cuda")->capture_default_str();
    command->add_option("--precision", arguments->precision,
                        "f32, bf16 or f16; default f32 on the CPU, bf16 on CUDA");
    command->add_option("--batch", arguments->batch, "rows per forward; 0: the bucket's own")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 20));
    command->add_option("--threads", arguments->threads, "threads of the CPU; 0: the default");
    command->add_option("--set", arguments->set, "option of the model family, key=value");
    command->add_flag("--exact-shape", arguments->exact_shape, "no padding to buckets");
    command->add_flag("--stages", arguments->stages, "add the intermediate tensors");
    command->add_flag("--json", arguments->json, "print one JSON document");
    command->callback([arguments] { forecast(*arguments); });
}

}  // namespace

void add_model(CLI::App& app) {
    auto* model = app.add_subcommand("model", "forecast models");
    model->require_subcommand(1);
    add_info(*model);
    add_forecast(*model);
    add_model_warmup(*model);
    add_model_bench(*model);
    add_model_fit(*model);
    add_model_verify(*model);
    add_model_train(*model);
}

}  // namespace tradewind::tools
