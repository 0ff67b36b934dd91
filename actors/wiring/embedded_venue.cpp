#include <algorithm>
#include <utility>

#include "actors/wiring/paper.hpp"
#include "actors/wiring/trading_venue.hpp"
#include "broker/exchange/continued_market.hpp"

namespace tradewind::actors {
namespace {

std::unique_ptr<broker::EmbeddedExchange> open_exchange(const PaperOptions& options) {
    broker::ExchangeSettings settings;
    settings.seed = options.seed;
    settings.cash = options.cash;
    settings.costs = options.costs;
    // Five quotes a real second, on a divisor of the minute.
    const auto wanted = static_cast<std::int64_t>(options.speed * 0.2 * 1e9);
    settings.quote_interval_ns = kMinute;
    for (const std::int64_t seconds : {1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30}) {
        if (seconds * kSecond >= wanted) {
            settings.quote_interval_ns = seconds * kSecond;
            break;
        }
    }
    return broker::open_embedded_exchange(options.state_folder / "exchange", settings,
                                          options.symbols, options.history, options.instruments);
}

std::vector<strategy::SymbolInfo> symbols_of(const broker::EmbeddedExchange& exchange) {
    auto names = exchange.market().symbols();
    std::sort(names.begin(), names.end());
    std::vector<strategy::SymbolInfo> symbols;
    for (const auto& name : names) {
        strategy::SymbolInfo info;
        info.slot = static_cast<strategy::SlotId>(symbols.size());
        info.instrument = exchange.market().instrument(name);
        info.utc_days = exchange.market().calendar(name) == market::TradingCalendar::utc_days;
        symbols.push_back(info);
    }
    return symbols;
}

std::vector<BarSeriesPtr> history_of(const broker::EmbeddedExchange& exchange,
                                     const std::vector<strategy::SymbolInfo>& symbols,
                                     HistoryWanted wanted) {
    std::vector<BarSeriesPtr> all;
    const bool daily = wanted == HistoryWanted::days;
    for (const auto& info : symbols) {
        const auto& symbol = info.instrument.symbol;
        const auto now = exchange.time();
        auto series = std::make_shared<BarSeries>();
        series->symbol = symbol;
        series->interval_ns = daily ? kDay : kMinute;
        series->daily = daily;
        series->adjusted = true;  // the exchange's market has no splits
        const auto from = now - history_ns(wanted, info.utc_days);
        series->bars = daily ? exchange.daily_bars(symbol, from, now)
                             : exchange.minute_bars(symbol, from, now);
        all.push_back(std::move(series));
    }
    return all;
}

BrokerTruth truth_of(const broker::EmbeddedExchange& exchange, const std::string& account) {
    BrokerTruth truth;
    truth.time = exchange.time();
    truth.cash = exchange.account(account).cash;
    truth.positions = exchange.positions(account);
    truth.orders = exchange.orders(account);
    truth.fills = exchange.fills(account);
    return truth;
}

// The exchange in this process, with its own store.
class EmbeddedVenue final : public TradingVenue {
  public:
    explicit EmbeddedVenue(const PaperOptions& options)
        : options_(options),
          exchange_(open_exchange(options)),
          account_(exchange_->settings().account_id) {}

    std::string broker() const override { return "embedded"; }
    double speed() const override { return options_.speed; }
    Timestamp time() override { return exchange_->time(); }
    std::vector<strategy::SymbolInfo> symbols() override { return symbols_of(*exchange_); }
    std::vector<BarSeriesPtr> history(const std::vector<strategy::SymbolInfo>& symbols,
                                      HistoryWanted wanted) override {
        return history_of(*exchange_, symbols, wanted);
    }
    std::vector<Price> marks(const std::vector<strategy::SymbolInfo>& symbols) override {
        std::vector<Price> marks;
        for (const auto& info : symbols) {
            const auto bars = exchange_->daily_bars(
                info.instrument.symbol, exchange_->time() - 10 * kDay, exchange_->time());
            marks.push_back(bars.empty() ? Price() : bars.back().close);
        }
        return marks;
    }
    Takeover takeover(const ledger::LedgerState& books) override {
        Takeover takeover;
        if (books.runs() > 0) return takeover;
        ledger::Adjustment deposit;
        deposit.cash = exchange_->settings().cash;
        deposit.reason = "initial_cash";
        takeover.adjustments.push_back(deposit);
        return takeover;
    }
    BrokerTruth truth(const ledger::LedgerState&) override {
        return truth_of(*exchange_, account_);
    }
    bool remote() const override { return false; }
    ExchangeActor spawn(caf::actor_system& system, const VenueStart& start) override {
        return spawn_exchange(system, std::move(exchange_), account_, start.kill_switch,
                              start.failures);
    }

  private:
    const PaperOptions& options_;
    std::unique_ptr<broker::EmbeddedExchange> exchange_;
    std::string account_;
};

}  // namespace

std::unique_ptr<TradingVenue> open_embedded_venue(const PaperOptions& options) {
    return std::make_unique<EmbeddedVenue>(options);
}

}  // namespace tradewind::actors
