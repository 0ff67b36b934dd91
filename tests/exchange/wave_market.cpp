#include "tests/exchange/wave_market.hpp"

#include <algorithm>
#include <cmath>

#include "market/instruments.hpp"

namespace tradewind::test {
namespace {

double wave(const Symbol& symbol, Timestamp time) {
    const double base = symbol == Symbol("AAPL") ? 200 : symbol == Symbol("TSLA") ? 300 : 90'000;
    const double phase = symbol == Symbol("AAPL") ? 0 : symbol == Symbol("TSLA") ? 1 : 2;
    const double minutes = static_cast<double>(time.ns / kSecond % 10'000'000) / 60;
    return base * (1 + 0.01 * std::sin(minutes / 37 + phase) + 0.002 * std::sin(minutes / 1.7));
}

}  // namespace

WaveMarket::WaveMarket() : symbols_{Symbol("AAPL"), Symbol("BTCUSD"), Symbol("TSLA")} {
    for (const auto& symbol : symbols_) {
        instruments_.emplace(symbol,
                             market::default_instrument(symbol, market::asset_class_of(symbol)));
    }
}

const Instrument& WaveMarket::instrument(const Symbol& symbol) const {
    return instruments_.at(symbol);
}

market::TradingCalendar WaveMarket::calendar(const Symbol& symbol) const {
    return market::calendar_of(instruments_.at(symbol).asset_class);
}

Price WaveMarket::price_at(const Symbol& symbol, Timestamp time) const {
    return nearest_tick(price_of(wave(symbol, time)), Price::of("0.01"));
}

Quote WaveMarket::quote_at(const Symbol& symbol, Timestamp time) const {
    Quote quote;
    quote.symbol = symbol;
    quote.time = time;
    quote.bid = price_at(symbol, time) - Price::of("0.01");
    quote.ask = price_at(symbol, time) + Price::of("0.01");
    quote.bid_size = quote.ask_size = Quantity::whole(100);
    return quote;
}

std::optional<Trade> WaveMarket::trade_at(const Symbol& symbol, Timestamp time) const {
    if (!market::session_at(calendar(symbol), time)) return std::nullopt;
    return Trade{symbol, time, quote_at(symbol, time).ask, Quantity::whole(3)};
}

std::optional<Bar> WaveMarket::minute_bar(const Symbol& symbol, Timestamp start) const {
    if (!market::session_at(calendar(symbol), start)) return std::nullopt;
    Bar bar;
    bar.start = start;
    bar.end = start + kMinute;
    bar.open = bar.high = bar.low = price_at(symbol, start);
    for (int i = 12; i < 60; i += 12) {
        bar.close = price_at(symbol, start + i * kSecond);
        bar.high = std::max(bar.high, bar.close);
        bar.low = std::min(bar.low, bar.close);
    }
    bar.volume = 60;
    return bar;
}

std::optional<Bar> WaveMarket::daily_bar(const Symbol& symbol, Date date) const {
    const auto session = market::session_on(calendar(symbol), date);
    if (!session) return std::nullopt;
    Bar bar;
    bar.start = session->open;
    bar.end = session->close;
    bar.open = price_at(symbol, session->open);
    bar.close = price_at(symbol, session->close - 1);
    bar.high = std::max(bar.open, bar.close);
    bar.low = std::min(bar.open, bar.close);
    return bar;
}

Folder::Folder() {
    // Where the machine has a disk in memory, thousands of syncs cost nothing.
    const std::filesystem::path memory = "/dev/shm";
    const auto parent =
        std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    auto name = (parent / "tradewind-XXXXXX").string();
    path = mkdtemp(name.data());
}
Folder::~Folder() {
    std::filesystem::remove_all(path);
}

Timestamp wave_start() {
    return market::new_york_time(date_of(2026, 3, 30), 9, 25);
}

broker::ExchangeSettings wave_settings() {
    broker::ExchangeSettings settings;
    settings.start = wave_start();
    settings.seed = 7;
    return settings;
}

std::unique_ptr<broker::EmbeddedExchange> open_waves(const std::filesystem::path& folder,
                                                     broker::ExchangeSettings settings) {
    return std::make_unique<broker::EmbeddedExchange>(folder, settings,
                                                      std::make_unique<const WaveMarket>());
}

Order make_order(const std::string& id, const std::string& symbol, Side side,
                 const std::string& quantity, OrderType type, const std::string& limit,
                 TimeInForce time_in_force) {
    Order order;
    order.order_id = id;
    order.symbol = Symbol(symbol);
    order.side = side;
    order.quantity = Quantity::of(quantity);
    order.type = type;
    order.limit_price = Price::of(limit);
    order.time_in_force = time_in_force;
    order.strategy = "test";
    return order;
}

}  // namespace tradewind::test
