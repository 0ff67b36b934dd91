#include "tools/commands/bench_exchange.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "broker/alpaca/alpaca_settings.hpp"
#include "broker/alpaca/web_socket.hpp"
#include "broker/exchange/continued_market.hpp"
#include "broker/exchange/data/data_routes.hpp"
#include "broker/exchange/market_tick.hpp"
#include "broker/exchange/server/exchange_server.hpp"
#include "messages/error.hpp"
#include "tools/command.hpp"
#include "tools/machine.hpp"
#include "tools/scratch_folder.hpp"

namespace tradewind::tools {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kReadTimeout = 5'000;

struct ExchangeBench {
    std::size_t symbols = 500;
    double seconds = 10;
    double speed = 60;
    bool json = false;
};

// Three letters each: no symbol of three letters ends like a pair of coins.
std::vector<Symbol> letters(std::size_t count) {
    std::vector<Symbol> symbols;
    for (std::size_t i = 0; i < count; ++i) {
        std::string name = "B";
        name += static_cast<char>('A' + i / 26 % 26);
        name += static_cast<char>('A' + i % 26);
        symbols.emplace_back(name);
    }
    return symbols;
}

double processor_seconds() {
    timespec spent{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) + 1e-9 * static_cast<double>(spent.tv_nsec);
}

struct Counts {
    std::uint64_t quotes = 0;
    std::uint64_t trades = 0;
    std::uint64_t bars = 0;
    std::uint64_t bytes = 0;

    void add(std::string_view frame) {
        constexpr std::string_view kType = R"({"T":")";
        for (auto at = frame.find(kType); at != std::string_view::npos;
             at = frame.find(kType, at + kType.size())) {
            const char type = frame[at + kType.size()];
            quotes += type == 'q' ? 1 : 0;
            trades += type == 't' ? 1 : 0;
            bars += type == 'b' ? 1 : 0;
        }
        bytes += frame.size();
    }
};

// The time in the last message of a frame.
Timestamp last_time(const std::string& frame) {
    constexpr std::string_view kTime = R"("t":")";
    const auto at = frame.rfind(kTime);
    if (at == std::string::npos) return {};
    const auto begin = at + kTime.size();
    return parse_time(frame.substr(begin, frame.find('"', begin) - begin)).value_or(Timestamp{});
}

std::string read_frame(broker::alpaca::WebSocket& socket) {
    auto frame = socket.read(kReadTimeout);
    if (frame.outcome != broker::alpaca::FrameReply::Outcome::message) {
        throw Error(ErrorKind::failed, "the exchange's stream ended", "", frame.fault);
    }
    return std::move(frame.text);
}

ordered_json measure(broker::ExchangeServer& server, const ExchangeBench& bench) {
    broker::alpaca::Address address{false, "127.0.0.1", server.port(), ""};
    broker::alpaca::WebSocket socket(address, "/v2/iex", broker::alpaca::AlpacaSettings{});
    if (const auto opened = socket.open(); !opened.open) {
        throw Error(ErrorKind::failed, "cannot connect to the exchange", "", opened.fault);
    }
    (void)read_frame(socket);
    (void)socket.send(R"({"action":"auth","key":"bench","secret":"bench"})");
    (void)read_frame(socket);
    (void)socket.send(R"({"action":"subscribe","quotes":["*"],"trades":["*"],"bars":["*"]})");
    (void)read_frame(socket);
    (void)read_frame(socket);  // the first of the data
    Counts counts;
    Timestamp newest;
    const auto began = Clock::now();
    const double processor_began = processor_seconds();
    std::chrono::duration<double> passed{};
    while (passed.count() < bench.seconds) {
        const auto frame = read_frame(socket);
        counts.add(frame);
        newest = std::max(newest, last_time(frame));
        passed = Clock::now() - began;
    }
    const double processor = processor_seconds() - processor_began;
    Timestamp now;
    server.run([&](broker::ExchangeHost& host) { now = host.now(); });
    const auto rate = [&](std::uint64_t count) {
        return static_cast<double>(count) / passed.count();
    };
    const auto symbols = static_cast<double>(bench.symbols);
    return {{"symbols", bench.symbols},
            {"speed", bench.speed},
            {"seconds", passed.count()},
            {"messages_per_second", rate(counts.quotes + counts.trades + counts.bars)},
            {"megabytes_per_second", rate(counts.bytes) / 1e6},
            {"quotes_per_symbol_and_second", rate(counts.quotes) / symbols},
            {"trades_per_symbol_and_second", rate(counts.trades) / symbols},
            {"bars_per_symbol_and_second", rate(counts.bars) / symbols},
            {"behind_exchange_seconds", static_cast<double>(now - newest) / 1e9},
            {"processor_share", processor / passed.count()}};
}

void bench_exchange(const ExchangeBench& bench) {
    const ScratchFolder folder;
    broker::ExchangeSettings settings;
    settings.start = market::new_york_time(date_of(2026, 3, 30), 10, 0);
    settings.quote_interval_ns = broker::quote_interval_for(bench.speed);
    broker::HostOptions host;
    host.speed = bench.speed;
    broker::ExchangeServer server(
        {}, host,
        broker::open_embedded_exchange(folder.path(), settings, letters(bench.symbols), {}, {}));
    broker::add_data_routes(server.routes(), server.host());
    server.start();
    const auto figures = measure(server, bench);
    server.stop();
    const auto machine = this_machine();
    const ordered_json document = {{"machine",
                                    {{"processor", machine.processor},
                                     {"cores", machine.cores},
                                     {"compiler", machine.compiler},
                                     {"build", machine.build},
                                     {"load_average", load_average()}}},
                                   {"exchange", figures}};
    if (bench.json) {
        std::printf("%s\n", document.dump(2).c_str());
        return;
    }
    for (const auto& [part, members] : document.items()) {
        std::printf("%s\n", part.c_str());
        for (const auto& [name, value] : members.items()) {
            std::printf("  %-30s %s\n", name.c_str(), value.dump().c_str());
        }
    }
}

}  // namespace

void add_bench_exchange(CLI::App& bench) {
    const auto arguments = std::make_shared<ExchangeBench>();
    auto* command = bench.add_subcommand(
        "exchange", "whether the simulated exchange keeps up with its clock, for one reader");
    command->add_option("--symbols", arguments->symbols, "all of them subscribed")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, std::size_t{676}));
    command->add_option("--seconds", arguments->seconds, "how long to read")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 600.0));
    command->add_option("--speed", arguments->speed, "exchange seconds a real second")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 300.0));
    command->add_flag("--json", arguments->json, "print one JSON document");
    command->callback([arguments] { bench_exchange(*arguments); });
}

}  // namespace tradewind::tools
