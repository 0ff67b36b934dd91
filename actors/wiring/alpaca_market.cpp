#include "actors/wiring/alpaca_market.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "broker/alpaca/bar_history.hpp"
#include "broker/alpaca/stream_thread.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

namespace alpaca = broker::alpaca;

}  // namespace

AlpacaMarket::AlpacaMarket(const alpaca::AlpacaSettings& settings, alpaca::SharedBudgetPtr budget,
                           const PaperOptions& options)
    : settings_(settings),
      options_(options),
      budget_(std::move(budget)),
      clock_(std::make_shared<alpaca::ExchangeClock>()),
      client_(settings, budget_) {
    const auto answer = need(client().clock());
    clock_->set(answer.clock.time, answer.steady_ns, answer.speed);
}

alpaca::TradingClient& AlpacaMarket::client() {
    std::mutex mutex;
    std::condition_variable never;
    for (bool told = false;;) {
        const auto wait = client_.wait_ns(alpaca::Purpose::reconciliation);
        if (wait <= 0) return client_;
        if (!std::exchange(told, true)) {
            options_.log("the broker's requests of this minute are used up; waiting " +
                         std::to_string(wait / kSecond + 1) + " s");
        }
        std::unique_lock lock(mutex);
        never.wait_for(lock, std::chrono::nanoseconds(wait));
    }
}

Timestamp AlpacaMarket::time() const {
    return clock_->at(alpaca::steady_now_ns());
}

void AlpacaMarket::fail(bool keys_refused, const std::string& reason) const {
    if (keys_refused) {
        throw Error(ErrorKind::unavailable, "the broker refuses the keys",
                    settings_.trading.origin(), reason,
                    "check that they are of this environment (paper or live) and not reset");
    }
    throw VenueUnreachable(settings_.trading.origin(), reason);
}

void AlpacaMarket::read_symbols(const std::set<Symbol>& others) {
    std::set<Symbol> traded(options_.symbols.begin(), options_.symbols.end());
    if (traded.empty()) {
        for (const auto& series : options_.history) traded.insert(series->symbol);
    }
    auto names = traded;
    names.insert(others.begin(), others.end());
    for (const auto& symbol : names) {
        const auto answer = client().asset(symbol);
        const bool gone = !answer.value && answer.reason.find("not found") != std::string::npos;
        if (gone && traded.contains(symbol)) {
            throw Error(ErrorKind::data, "unknown symbol", symbol.to_string(),
                        "the broker does not have it", "leave it out of --symbols");
        }
        strategy::SymbolInfo info;
        info.slot = static_cast<strategy::SlotId>(symbols_.size());
        if (gone) {
            // The books still know it: delisted, renamed.
            gone_.insert(symbol);
            info.instrument = options_.instruments.get(symbol);
            options_.log(symbol.to_string() + " is in the books, and the broker does not have it");
        } else {
            info.instrument = instrument_of(symbol, need(answer));
        }
        if (!traded.contains(symbol)) info.instrument.tradable = false;
        info.utc_days = info.instrument.asset_class == AssetClass::crypto;
        symbols_.push_back(info);
    }
}

bool AlpacaMarket::trades(const Symbol& symbol) const {
    return std::any_of(symbols_.begin(), symbols_.end(), [&](const auto& info) {
        return info.instrument.symbol == symbol && info.instrument.tradable;
    });
}

Instrument AlpacaMarket::instrument_of(const Symbol& symbol, const alpaca::WireAsset& asset) const {
    auto instrument = options_.instruments.get(symbol);
    const auto said = asset.asset_class.value_or(instrument.asset_class);
    if (said != instrument.asset_class && !options_.instruments.find(symbol)) {
        instrument = market::default_instrument(symbol, said);
    }
    instrument.tradable = instrument.tradable && asset.tradable;
    instrument.shortable = instrument.shortable && asset.shortable;
    instrument.fractionable = asset.fractionable;
    if (said == AssetClass::crypto) {
        if (asset.price_step.sign() > 0) instrument.tick = asset.price_step;
        if (asset.size_step.sign() > 0) instrument.lot = asset.size_step;
    }
    return instrument;
}

market::FetchedBars::Bars AlpacaMarket::fetch(const std::vector<Symbol>& symbols,
                                              market::FetchSpan span,
                                              market::FetchedKind kind) const {
    const bool crypto = kind.calendar == market::TradingCalendar::utc_days;
    alpaca::BarQuery query;
    query.symbols = symbols;
    query.asset_class = crypto ? AssetClass::crypto : AssetClass::us_equity;
    query.daily = kind.daily;
    query.adjusted = kind.adjusted;
    // The broker dates a day's bar by its midnight, before the session's open.
    query.from = kind.daily ? span.from - kDay : span.from;
    query.to = span.to;
    auto answer = alpaca::BarHistory(settings_).fetch(query);
    if (!answer.fault.empty()) throw VenueUnreachable("no history", answer.fault);
    for (auto& [symbol, all] : answer.bars) {
        std::erase_if(
            all, [&](const Bar& bar) { return bar.start < span.from || bar.start >= span.to; });
    }
    return std::move(answer.bars);
}

std::vector<BarSeriesPtr> AlpacaMarket::history(const std::vector<strategy::SymbolInfo>& symbols,
                                                HistoryWanted wanted) {
    const bool daily = wanted == HistoryWanted::days;
    std::map<Symbol, std::vector<Bar>> bars;
    const auto now = time();
    for (const bool crypto : {false, true}) {
        const auto from = now - history_ns(wanted, crypto);
        std::vector<Symbol> names;
        for (const auto& info : symbols) {
            const bool coin = info.instrument.asset_class == AssetClass::crypto;
            const auto& symbol = info.instrument.symbol;
            if (coin == crypto && !gone_.contains(symbol)) names.push_back(symbol);
        }
        if (names.empty()) continue;
        const market::FetchedKind kind{
            crypto ? market::TradingCalendar::utc_days : market::TradingCalendar::nyse, daily,
            daily};
        const std::string folder =
            std::string(daily ? "daily" : "minutes") + (crypto ? "-coins" : "-stocks");
        market::FetchedBars known(options_.state_folder / "bars" / folder, kind, options_.log);
        // The bar that still forms is for the stream, or the session's end, to bring.
        auto found = known.bars(
            names, {from, now}, now,
            [&](const auto& missing, const auto& span) { return fetch(missing, span, kind); });
        for (auto& [symbol, all] : found) {
            if (!daily && !all.empty()) newest_minute_[symbol] = all.back().start;
            bars[symbol] = std::move(all);
        }
    }
    std::vector<BarSeriesPtr> series;
    for (const auto& info : symbols) {
        auto one = std::make_shared<BarSeries>();
        one->symbol = info.instrument.symbol;
        one->interval_ns = daily ? kDay : kMinute;
        one->daily = daily;
        one->adjusted = true;
        one->bars = std::move(bars[one->symbol]);
        if (!one->bars.empty()) closes_[one->symbol] = one->bars.back().close;
        series.push_back(std::move(one));
    }
    return series;
}

Price AlpacaMarket::last_close(const Symbol& symbol) const {
    const auto found = closes_.find(symbol);
    return found == closes_.end() ? Price() : found->second;
}

std::unique_ptr<alpaca::MarketFeed> AlpacaMarket::open_feed() const {
    alpaca::FeedTerms terms;
    for (const auto& info : symbols_) {
        if (gone_.contains(info.instrument.symbol)) continue;
        terms.symbols[info.instrument.symbol] = info.instrument.asset_class;
    }
    terms.newest_minute = newest_minute_;
    terms.log = options_.log;
    return std::make_unique<alpaca::MarketFeed>(settings_, std::move(terms), clock_);
}

}  // namespace tradewind::actors
