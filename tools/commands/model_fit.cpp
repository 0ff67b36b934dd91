// tradewind model fit: fits the classical forecasters on the training part of recorded bars.
// Source: training recipe 2.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/classical_fit.hpp"
#include "model/classical_forecaster.hpp"
#include "model/record_reader.hpp"
#include "tools/command.hpp"
#include "tools/model_data.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

using nlohmann::ordered_json;

struct FitArguments {
    std::vector<std::string> data;
    std::vector<std::string> symbols;
    std::vector<std::string> exclude;
    std::string daily_end;
    double intraday_share = model::DataSplit{}.intraday_training_share;
    std::string out;
    bool json = false;
};

constexpr model::ClassicalKind kKinds[] = {model::ClassicalKind::ewma_empirical,
                                           model::ClassicalKind::garch,
                                           model::ClassicalKind::anchored};

ordered_json scores_json(const model::FitResult& result) {
    ordered_json classes = ordered_json::object();
    for (std::size_t c = 0; c < model::kMarketClasses; ++c) {
        if (!result.parameters.classes[c]) continue;
        ordered_json channels = ordered_json::object();
        for (std::size_t s = 0; s < kSeriesCount; ++s) {
            ordered_json kinds = ordered_json::object();
            for (const auto kind : kKinds) {
                kinds[name_of(kind)] = result.scores[c][s][static_cast<std::size_t>(kind)];
            }
            channels[name_of(static_cast<Series>(s))] = kinds;
        }
        classes[name_of(static_cast<model::MarketClass>(c))] = channels;
    }
    return classes;
}

void print_deciles(const model::DecileShape& deciles) {
    for (const double decile : deciles) std::printf(" %7.3f", decile);
    std::printf("\n");
}

void print_text(const model::FitResult& result) {
    for (std::size_t c = 0; c < model::kMarketClasses; ++c) {
        const auto& fitted = result.parameters.classes[c];
        if (!fitted) continue;
        std::printf("%s: %llu observations; training score relative to ewma, deciles in sigma\n",
                    name_of(static_cast<model::MarketClass>(c)),
                    static_cast<unsigned long long>(fitted->observations));
        for (std::size_t s = 0; s < kSeriesCount; ++s) {
            const auto& channel = fitted->channels[s];
            const auto& scores = result.scores[c][s];
            const char* name = name_of(static_cast<Series>(s));
            std::printf("  %-5s ewma_empirical lambda %.2f     %.4f ", name,
                        channel.ewma_empirical.lambda, scores[0]);
            print_deciles(channel.ewma_empirical.deciles);
            std::printf("  %-5s garch          %.2f / %.3f     %.4f ", name, channel.garch.alpha,
                        channel.garch.persistence, scores[1]);
            print_deciles(channel.garch.deciles);
            std::printf("  %-5s anchored       lambda %.2f     %.4f ", name,
                        channel.anchored.lambda, scores[2]);
            print_deciles(channel.anchored.deciles);
        }
    }
    for (const auto& reason : result.left_out) std::printf("left out: %s\n", reason.c_str());
}

void fit(const FitArguments& arguments) {
    model::FitOptions options;
    if (!arguments.daily_end.empty()) {
        const auto date = parse_date(arguments.daily_end);
        if (!date) {
            refuse_option("--daily-end", arguments.daily_end, "is not a date", "use YYYY-MM-DD");
        }
        options.split.daily_training_end = *date;
    }
    options.split.intraday_training_share = arguments.intraday_share;
    std::vector<model::FitSeries> series;
    for (const auto& entry : read_model_series(arguments.data, parse_symbols(arguments.symbols),
                                               parse_symbols(arguments.exclude))) {
        series.push_back({entry.series, entry.sha256});
    }
    const auto result = model::fit_classical(series, options);
    const auto text = model::classical_parameters_json(result.parameters);
    (void)model::parse_classical_parameters(text, arguments.out);  // what is written can be read
    model::write_record_text(arguments.out, text);
    if (arguments.json) {
        const ordered_json document{{"out", arguments.out},
                                    {"id", model::content_id(text)},
                                    {"training_scores", scores_json(result)},
                                    {"left_out", result.left_out},
                                    {"parameters", ordered_json::parse(text)}};
        std::printf("%s\n", document.dump(2).c_str());
        return;
    }
    print_text(result);
    std::printf("id  %s\nout %s\n", model::content_id(text).c_str(), arguments.out.c_str());
}

}  // namespace

void add_model_fit(CLI::App& model) {
    auto* command = model.add_subcommand(
        "fit", "fit the classical forecasters on the training part of recorded bars");
    const auto arguments = std::make_shared<FitArguments>();
    command->add_option("--data", arguments->data, "bars: CSV or Parquet files or folders")
        ->required();
    command->add_option("--symbols", arguments->symbols, "only these symbols")->delimiter(',');
    command->add_option("--exclude", arguments->exclude, "without these symbols")->delimiter(',');
    command->add_option("--daily-end", arguments->daily_end,
                        "daily training bars start before this date; default: 2024-07-01");
    command
        ->add_option("--intraday-share", arguments->intraday_share,
                     "training share of hourly and minute series")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0));
    command->add_option("--out", arguments->out, "file to write (JSON)")->required();
    command->add_flag("--json", arguments->json, "print one JSON document");
    command->callback([arguments] { fit(*arguments); });
}

}  // namespace tradewind::tools
