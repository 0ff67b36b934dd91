// tradewind model verify: scores a forecaster against the classical baselines on bars that it did
// not learn from. Source: training recipe 1, 2, 5 and 6.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/classical_parameters.hpp"
#include "model/forecaster_choice.hpp"
#include "model/record_reader.hpp"
#include "model/shipped_models.hpp"
#include "model/verification.hpp"
#include "tools/command.hpp"
#include "tools/model_data.hpp"
#include "tools/trading_options.hpp"
#include "tools/verification_report.hpp"

namespace tradewind::tools {
namespace {

struct VerifyArguments {
    std::string model;
    std::vector<std::string> data;
    std::vector<std::string> symbols;
    std::vector<std::string> exclude;
    std::vector<std::string> trained;
    std::vector<std::string> left_out;
    std::string classical;
    std::string device = "cpu";
    unsigned threads = 0;
    std::vector<std::string> set;
    std::string choose;
    model::VerificationOptions options;
    bool json = false;
    bool markdown = false;
};

// The names `class/symbol` or `symbol` of the options; each must be one of the series.
void apply_names(const std::string& option, const std::vector<std::string>& names, bool trained,
                 std::vector<model::VerificationSeries>& series) {
    for (const std::string& name : names) {
        bool found = false;
        for (model::VerificationSeries& entry : series) {
            if (name != model::series_name(*entry.series) &&
                name != entry.series->symbol.to_string()) {
                continue;
            }
            entry.trained = trained;
            found = true;
        }
        if (!found) {
            refuse_option(option, name, "no series of the data has that name",
                          "use SYMBOL or CLASS/SYMBOL, as daily_stocks/AAPL");
        }
    }
}

std::vector<model::VerificationSeries> series_of(const VerifyArguments& arguments,
                                                 const model::ClassicalParameters& parameters) {
    std::error_code fault;
    const bool is_folder = std::filesystem::is_directory(arguments.model, fault);
    const auto trained =
        model::trained_series(is_folder ? arguments.model : std::string(), parameters);
    std::vector<model::VerificationSeries> series;
    for (const auto& entry : read_model_series(arguments.data, parse_symbols(arguments.symbols),
                                               parse_symbols(arguments.exclude))) {
        series.push_back({entry.series, trained.contains(model::series_name(*entry.series))});
    }
    apply_names("--trained", arguments.trained, true, series);
    apply_names("--left-out", arguments.left_out, false, series);
    return series;
}

void verify(const VerifyArguments& arguments) {
    const std::string classical = arguments.classical.empty()
                                      ? model::shipped_model_file("classical.json")
                                      : arguments.classical;
    const auto parameters = model::read_classical_parameters(classical);
    model::ForecasterOptions forecaster;
    forecaster.model = arguments.model;
    forecaster.device = arguments.device;
    forecaster.threads = arguments.threads;
    for (const auto& [key, value] : parse_parameters(arguments.set)) {
        forecaster.parameters[key] = value;
    }
    auto options = arguments.options;
    if (isatty(STDERR_FILENO) != 0) {
        options.progress = [](std::size_t done, std::size_t of) {
            std::fprintf(stderr, "%zu of %zu series\n", done, of);
        };
    }
    if (!arguments.choose.empty() && !std::filesystem::is_directory(arguments.model)) {
        refuse_option("--choose", arguments.choose,
                      "the choice is between the classical "
                      "forecasters and a network",
                      "give a checkpoint folder as --model");
    }
    const auto series = series_of(arguments, parameters);
    const auto opened = model::open_forecaster(forecaster);
    const auto verification = model::verify_forecaster(*opened, parameters, series, options);
    if (!arguments.choose.empty()) {
        const auto choice =
            model::choose_forecasters(verification, model::Checkpoint::open(arguments.model).id());
        model::write_record_text(arguments.choose, model::forecaster_choice_json(choice));
    }
    if (arguments.json) {
        std::printf("%s\n", verification_json(verification).dump(2).c_str());
    } else if (arguments.markdown) {
        std::printf("%s", verification_markdown(verification).c_str());
    } else {
        std::printf("%s", verification_text(verification).c_str());
    }
}

}  // namespace

void add_model_verify(CLI::App& model) {
    auto* command = model.add_subcommand(
        "verify", "score a forecaster against the classical ones on bars it did not learn from");
    const auto arguments = std::make_shared<VerifyArguments>();
    auto& options = arguments->options;
    command->add_option("--model", arguments->model, "a forecaster by name, or a checkpoint folder")
        ->required();
    command->add_option("--data", arguments->data, "bars: CSV or Parquet files or folders")
        ->required();
    command->add_option("--symbols", arguments->symbols, "only these symbols")->delimiter(',');
    command->add_option("--exclude", arguments->exclude, "without these symbols")->delimiter(',');
    command
        ->add_option("--trained", arguments->trained,
                     "series that something learned from, SYMBOL or CLASS/SYMBOL, besides those "
                     "that the records name")
        ->delimiter(',');
    command
        ->add_option("--left-out", arguments->left_out,
                     "series that nothing learned from, whatever the records say")
        ->delimiter(',');
    command->add_option("--classical", arguments->classical,
                        "parameters of the baselines; default: data/model/classical.json");
    command->add_option("--horizon", options.horizon, "steps ahead")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    command->add_option("--stride", options.stride, "forecast every so many bars")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    command
        ->add_option("--long-stride", options.long_stride,
                     "times that, in long daily series before the last part in time")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    command->add_option("--minimum-moves", options.minimum_moves, "before the first forecast")
        ->capture_default_str();
    command->add_option("--draws", options.draws, "of the bootstrap; 0: no intervals")
        ->capture_default_str()
        ->check(CLI::Range(0, 100'000));
    command->add_option("--seed", options.seed, "of the bootstrap")->capture_default_str();
    command->add_option("--device", arguments->device, "cpu or cuda")->capture_default_str();
    command->add_option("--threads", arguments->threads, "threads of the CPU; 0: the default");
    command->add_option("--set", arguments->set, "parameter of the forecaster, key=value");
    command->add_option("--choose", arguments->choose,
                        "write which forecaster serves which class and channel (JSON)");
    command->add_flag("--markdown", arguments->markdown, "print the tables of a model card");
    command->add_flag("--json", arguments->json, "print one JSON document");
    command->callback([arguments] { verify(*arguments); });
}

}  // namespace tradewind::tools
