// tradewind model warmup|bench: how long a model takes to be ready, and how fast it is, measured on
// this machine. Source: contract 2.2.
#include <cstdio>
#include <memory>
#include <string>

#include "model/network_bench.hpp"
#include "tools/command.hpp"

namespace tradewind::tools {
namespace {

struct WarmupArguments {
    std::string model;
    unsigned threads = 0;
    bool json = false;
};

struct BenchArguments {
    model::NetworkBenchOptions options;
    bool json = false;
};

void print(const std::string& text) {
    std::printf("%s%s", text.c_str(), text.ends_with('\n') ? "" : "\n");
}

}  // namespace

void add_model_warmup(CLI::App& model) {
    auto* command =
        model.add_subcommand("warmup", "run the production path on every batch shape, once");
    const auto arguments = std::make_shared<WarmupArguments>();
    command->add_option("model", arguments->model, "a classical model, or a checkpoint folder")
        ->required();
    command->add_option("--threads", arguments->threads, "batches at once; 0: one per core")
        ->check(CLI::Range(0U, 256U));
    command->add_flag("--json", arguments->json, "print one JSON object");
    command->callback([arguments] {
        const auto report = model::warm_up_model(arguments->model, arguments->threads);
        print(arguments->json ? model::to_json(report) : model::to_text(report));
    });
}

void add_model_bench(CLI::App& model) {
    auto* command = model.add_subcommand(
        "bench", "rows/s and GFLOP/s per bucket, against a plain LibTorch loop, interleaved");
    const auto arguments = std::make_shared<BenchArguments>();
    auto& options = arguments->options;
    command->add_option("--model", options.model,
                        "checkpoint folder; none: random weights in the embedded model's shape");
    command->add_option("--threads", options.threads, "of both sides; 0: one per core")
        ->check(CLI::Range(0U, 64U));
    command->add_option("--repeats", options.repeats, "interleaved runs; the median counts")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_option("--symbols", options.symbols, "symbols of the pass")
        ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}))
        ->capture_default_str();
    command->add_option("--days", options.days_per_symbol, "days of each symbol in the pass")
        ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}))
        ->capture_default_str();
    command->add_flag("--json", arguments->json, "print one JSON object");
    command->callback([arguments] {
        const auto report = model::bench_network(arguments->options);
        print(arguments->json ? model::to_json(report) : model::to_text(report));
    });
}

}  // namespace tradewind::tools
