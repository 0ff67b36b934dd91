// tradewind exchange: the simulated exchange that the broker's own clients accept. Source: contract
// 2.4.
#include <cmath>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "broker/exchange/continued_market.hpp"
#include "broker/exchange/data/data_routes.hpp"
#include "broker/exchange/market_tick.hpp"
#include "broker/exchange/server/exchange_server.hpp"
#include "broker/exchange/server/hosted_instruments.hpp"
#include "config/core_dumps.hpp"
#include "market/catalog/bar_reader.hpp"
#include "market/synthetic.hpp"
#include "messages/error.hpp"
#include "tools/command.hpp"
#include "tools/settings_options.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

// `max`: an exchange hour in a real second.
constexpr double kFastest = 3600;

struct ExchangeArguments {
    broker::ServerOptions server;
    std::vector<std::string> data;
    std::string synthetic;
    std::vector<std::string> symbols;
    std::string start;
    std::string speed = "1x";
    std::vector<std::string> credentials;
    std::string state;
    std::string cash = "100000";
    double partial_fills = 0;
};

std::int64_t unix_seconds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

Timestamp wall_clock() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

Timestamp start_of(const std::string& text) {
    if (text.empty()) return wall_clock();
    if (const auto time = parse_time(text)) return *time;
    if (const auto date = parse_date(text)) return utc_midnight(*date);
    refuse_option("--start", text, "not a time", "give RFC 3339, for example 2025-03-05T14:25:00Z");
}

double speed_of(const std::string& text) {
    const double speed = parse_speed(text);
    return speed == 0 ? kFastest : speed;
}

std::map<std::string, std::string> credentials_of(const std::vector<std::string>& texts) {
    std::map<std::string, std::string> result;
    for (const auto& text : texts) {
        const auto colon = text.find(':');
        if (colon == 0 || colon == std::string::npos || colon + 1 == text.size()) {
            refuse_option("--credentials", "", "not of the form KEYID:SECRET",
                          "give for example PKTEST:secret");
        }
        if (!result.emplace(text.substr(0, colon), text.substr(colon + 1)).second) {
            refuse_option("--credentials", text.substr(0, colon), "the key id came twice",
                          "give each key id once");
        }
    }
    return result;
}

// The symbols of a first start: those named, those of the data, and the default universe.
std::vector<Symbol> symbols_of(const ExchangeArguments& arguments,
                               const std::vector<BarSeriesPtr>& histories) {
    auto symbols = parse_symbols(arguments.symbols);
    for (const auto& symbol : market::default_synthetic_symbols()) symbols.push_back(symbol);
    for (const auto& series : histories) symbols.push_back(series->symbol);
    return symbols;
}

std::unique_ptr<broker::EmbeddedExchange> open_exchange(const ExchangeArguments& arguments,
                                                        const broker::HostOptions& host) {
    std::vector<BarSeriesPtr> histories;
    if (!arguments.data.empty()) {
        market::ReadOptions read;
        read.interval_ns = kDay;
        read.on_bad_row = market::OnBadRow::skip;
        read.hash_files = false;
        histories = market::read_catalog(arguments.data, read).series;
    }
    broker::ExchangeSettings settings;
    settings.start = start_of(arguments.start);
    settings.seed = 1;
    if (!arguments.synthetic.empty()) {
        try {
            settings.seed = std::stoull(arguments.synthetic);
        } catch (const std::exception&) {
            refuse_option("--synthetic", arguments.synthetic, "not a seed", "give a whole number");
        }
    }
    settings.quote_interval_ns = broker::quote_interval_for(host.speed);
    settings.cash = host.cash;
    settings.leverage = Fraction::whole(4);
    settings.costs = "alpaca";
    settings.partial_fill_probability = arguments.partial_fills;
    settings.account_id = host.credentials.empty()
                              ? std::string("PA0000000000")
                              : broker::account_number_of(host.credentials.begin()->first);
    const auto state = arguments.state.empty() ? settings_of({}).state_folder("exchange")
                                               : std::filesystem::path(arguments.state);
    const auto symbols = symbols_of(arguments, histories);
    return broker::open_embedded_exchange(state.string(), settings, symbols, histories,
                                          broker::hosted_instruments(symbols, state.string()));
}

void run(const ExchangeArguments& arguments) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    broker::HostOptions host;
    host.speed = speed_of(arguments.speed);
    host.cash = parse_cash(arguments.cash);
    if (!arguments.credentials.empty()) config::forbid_core_dumps();
    host.credentials = credentials_of(arguments.credentials);
    auto options = arguments.server;
    options.unix_seconds = unix_seconds;
    options.report = [](const std::string& line) { std::cerr << line << std::endl; };
    auto exchange = open_exchange(arguments, host);
    broker::ExchangeServer server(options, host, std::move(exchange));
    broker::add_data_routes(server.routes(), server.host());
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    if (server.tls_port() != 0) {
        std::cerr << "listening with TLS on https://127.0.0.1:" << server.tls_port() << '\n';
    }
    // A signal or a fault of the server ends the wait; the server is stopped once.
    std::thread waiter([&] {
        int signal = 0;
        sigwait(&signals, &signal);
        server.stop();
    });
    std::exception_ptr fault;
    try {
        server.wait();
    } catch (...) {
        fault = std::current_exception();
        pthread_kill(waiter.native_handle(), SIGTERM);
    }
    waiter.join();
    if (fault) std::rethrow_exception(fault);
}

}  // namespace

void add_exchange(CLI::App& app) {
    auto arguments = std::make_shared<ExchangeArguments>();
    arguments->server.listen = "127.0.0.1:8800";
    auto* command =
        app.add_subcommand("exchange", "serve the Alpaca-compatible simulated exchange");
    command->add_option("--listen", arguments->server.listen,
                        "ADDR:PORT of REST and streams; port 0: any free one");
    auto* tls = command->add_option("--tls-listen", arguments->server.tls_listen,
                                    "ADDR:PORT of a second listener with TLS");
    auto* certificate = command->add_option("--cert", arguments->server.certificate_file,
                                            "certificate chain of the TLS listener, PEM");
    auto* key = command->add_option("--key", arguments->server.key_file, "its private key, PEM");
    tls->needs(certificate)->needs(key);
    auto* data = command->add_option("--data", arguments->data,
                                     "bars that the market continues: files or folders");
    command
        ->add_option("--synthetic", arguments->synthetic,
                     "no recorded bars: the synthetic market of this seed (default 1)")
        ->type_name("SEED")
        ->excludes(data);
    command->add_option("--symbols", arguments->symbols, "further symbols")->delimiter(',');
    command->add_option("--start", arguments->start,
                        "exchange time at the first start; default: now");
    command->add_option("--speed", arguments->speed,
                        "exchange seconds a real second: 1x, 60x, max (3600x)");
    command
        ->add_option("--credentials", arguments->credentials,
                     "valid pair, with an account of its own; default: any pair is valid")
        ->type_name("KEYID:SECRET");
    command->add_option("--faults", arguments->server.faults_file,
                        "script of faults, read again whenever it changes");
    command->add_option("--state", arguments->state,
                        "state folder; the exchange resumes there after a stop or a kill");
    command->add_option("--cash", arguments->cash, "cash of a new account");
    command
        ->add_option("--partial-fills", arguments->partial_fills,
                     "probability that an execution is partial")
        ->check(CLI::Range(0.0, 1.0));
    command
        ->add_option("--rate-limit", arguments->server.limits.trading_requests_per_minute,
                     "trading requests a minute and account")
        ->check(CLI::PositiveNumber);
    command->callback([arguments] { run(*arguments); });
}

}  // namespace tradewind::tools
