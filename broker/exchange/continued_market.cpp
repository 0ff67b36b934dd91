#include "broker/exchange/continued_market.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "broker/exchange/embedded_exchange.hpp"
#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;
using market::SyntheticMarket;
using market::TradingCalendar;

constexpr std::size_t kMaxReturns = 250;
constexpr std::size_t kMinReturns = 20;
constexpr std::int32_t kSyntheticDays = 370;  // calendar days with about as many sessions
constexpr double kMinExponent = 0.1;
constexpr double kMaxExponent = 10;
constexpr std::int32_t kYearsAhead = 10;

double standard_deviation(const std::vector<double>& values) {
    double mean = 0;
    for (const double value : values) mean += value;
    mean /= static_cast<double>(values.size());
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

// Of the newest closes; empty: too few to say.
std::optional<double> daily_volatility(const std::vector<double>& closes) {
    std::vector<double> returns;
    const auto first = closes.size() > kMaxReturns + 1 ? closes.size() - kMaxReturns - 1 : 0;
    for (auto i = first + 1; i < closes.size(); ++i) {
        returns.push_back(std::log(closes[i] / closes[i - 1]));
    }
    if (returns.size() < kMinReturns) return std::nullopt;
    const double deviation = standard_deviation(returns);
    return deviation > 0 ? std::optional<double>(deviation) : std::nullopt;
}

// The last close of each exchange date.
std::vector<double> daily_closes(const BarSeries& series, TradingCalendar calendar) {
    std::vector<double> closes;
    std::optional<Date> date;
    for (const auto& bar : series.bars) {
        const auto day = market::exchange_date(calendar, bar.start);
        if (date != day) closes.push_back(0);
        date = day;
        closes.back() = bar.close.to_double();
    }
    return closes;
}

// A cent for stocks, for coins about seven digits.
Price price_step(const Instrument& instrument, Price level) {
    if (instrument.asset_class != AssetClass::crypto) return instrument.tick;
    for (const auto& [from, step] : {std::pair{Price::whole(1000), Price::of("0.01")},
                                     std::pair{Price::whole(1), Price::of("0.0001")}}) {
        if (level >= from) return std::max(step, instrument.tick);
    }
    return std::max(Price::of("0.000001"), instrument.tick);
}

const BarSeries* series_of(const Symbol& symbol, const std::vector<BarSeriesPtr>& histories) {
    for (const auto& series : histories) {
        if (series->symbol == symbol) return series.get();
    }
    return nullptr;
}

}  // namespace

double Continuation::bend(double price) const {
    return last_close.to_double() * std::pow(price / synthetic_price, exponent);
}

ContinuedMarket::Terms ContinuedMarket::fit(std::uint64_t seed, const std::vector<Symbol>& symbols,
                                            const std::vector<BarSeriesPtr>& histories,
                                            Date last_day) {
    Terms terms{seed, last_day, {}};
    for (const auto& symbol : symbols) terms.symbols[symbol];
    for (const auto& series : histories) terms.symbols[series->symbol];
    if (terms.symbols.empty()) {
        for (const auto& symbol : market::default_synthetic_symbols()) terms.symbols[symbol];
    }
    market::SyntheticOptions options{seed, {}, last_day};
    for (const auto& [symbol, curve] : terms.symbols) options.symbols.push_back(symbol);
    const SyntheticMarket synthetic(options);
    for (auto& [symbol, curve] : terms.symbols) {
        const auto* series = series_of(symbol, histories);
        if (series == nullptr) continue;
        if (series->bars.empty()) {
            throw Error(ErrorKind::data, "no bars to continue", symbol.to_string(),
                        "the series is empty", "leave the symbol out");
        }
        const auto& last = series->bars.back();
        curve.last_close = last.close;
        curve.from = last.end;
        curve.synthetic_price = synthetic.price_at(symbol, last.end).to_double();
        std::vector<double> closes;
        const auto from = last.end - kSyntheticDays * kDay;
        for (const auto& bar : synthetic.daily_bars(symbol, from, last.end)) {
            closes.push_back(bar.close.to_double());
        }
        const auto recorded = daily_volatility(daily_closes(*series, synthetic.calendar(symbol)));
        const auto generated = daily_volatility(closes);
        if (recorded && generated) {
            curve.exponent = std::clamp(*recorded / *generated, kMinExponent, kMaxExponent);
        }
    }
    return terms;
}

std::string ContinuedMarket::to_text(const Terms& terms) {
    Json symbols = Json::object();
    for (const auto& [symbol, curve] : terms.symbols) {
        symbols[symbol.to_string()] = {{"last_close", curve.last_close.to_string()},
                                       {"from", curve.from.ns},
                                       {"synthetic_price", curve.synthetic_price},
                                       {"exponent", curve.exponent}};
    }
    return Json{{"seed", terms.seed}, {"last_day", terms.last_day.days}, {"symbols", symbols}}
        .dump();
}

ContinuedMarket::Terms ContinuedMarket::parse(const std::string& text) {
    try {
        const auto json = Json::parse(text);
        Terms terms{json.at("seed").get<std::uint64_t>(),
                    Date{json.at("last_day").get<std::int32_t>()},
                    {}};
        for (const auto& [name, value] : json.at("symbols").items()) {
            Continuation curve;
            curve.last_close = Price::of(value.at("last_close").get<std::string>());
            curve.from = Timestamp{value.at("from").get<std::int64_t>()};
            curve.synthetic_price = value.at("synthetic_price").get<double>();
            curve.exponent = value.at("exponent").get<double>();
            terms.symbols.emplace(Symbol(name), curve);
        }
        return terms;
    } catch (const std::exception& fault) {
        throw Error(ErrorKind::corrupt, "the market of the exchange's store cannot be read", "",
                    fault.what(), "restore the folder, or start with another one");
    }
}

ContinuedMarket::ContinuedMarket(Terms terms, const std::vector<BarSeriesPtr>& histories,
                                 const market::InstrumentTable& instruments)
    : terms_(std::move(terms)),
      symbols_([this] {
          std::vector<Symbol> symbols;
          for (const auto& [symbol, curve] : terms_.symbols) symbols.push_back(symbol);
          return symbols;
      }()),
      synthetic_({terms_.seed, symbols_, terms_.last_day}) {
    for (const auto& [symbol, curve] : terms_.symbols) {
        Listing entry;
        entry.instrument = instruments.get(symbol);
        entry.curve = curve;
        entry.price_step = price_step(entry.instrument, curve.last_close);
        for (const auto& series : histories) {
            if (series->symbol != symbol) continue;
            entry.history = series;
            if (!series->daily) continue;
            for (std::size_t i = 0; i < series->bars.size(); ++i) {
                entry.recorded_days.emplace(
                    market::exchange_date(synthetic_.calendar(symbol), series->bars[i].start), i);
            }
        }
        listings_.emplace(symbol, std::move(entry));
    }
}

const ContinuedMarket::Listing& ContinuedMarket::listing(const Symbol& symbol) const {
    const auto found = listings_.find(symbol);
    if (found == listings_.end()) {
        throw Error(ErrorKind::data, "the exchange does not list this symbol", symbol.to_string(),
                    "", "name it at the first start of the exchange");
    }
    return found->second;
}

const Instrument& ContinuedMarket::instrument(const Symbol& symbol) const {
    return listing(symbol).instrument;
}
TradingCalendar ContinuedMarket::calendar(const Symbol& symbol) const {
    return synthetic_.calendar(symbol);
}
BarSeriesPtr ContinuedMarket::history(const Symbol& symbol) const {
    return listing(symbol).history;
}

Price ContinuedMarket::bent(const Listing& listing, Price price) {
    if (listing.curve.last_close.is_zero()) return price;
    const auto exact = price_of(listing.curve.bend(price.to_double()));
    Instrument stepped = listing.instrument;
    stepped.tick = listing.price_step;
    const auto step = market::tick_at(stepped, exact);
    return std::max(nearest_tick(exact, step), step);
}

Quote ContinuedMarket::quote_at(const Symbol& symbol, Timestamp time) const {
    const auto& entry = listing(symbol);
    auto quote = synthetic_.quote_at(symbol, time);
    quote.bid = bent(entry, quote.bid);
    quote.ask = bent(entry, quote.ask);
    return quote;
}

std::optional<Trade> ContinuedMarket::trade_at(const Symbol& symbol, Timestamp time) const {
    auto trade = synthetic_.trade_at(symbol, time);
    if (trade) trade->price = bent(listing(symbol), trade->price);
    return trade;
}

Price ContinuedMarket::price_at(const Symbol& symbol, Timestamp time) const {
    return bent(listing(symbol), synthetic_.price_at(symbol, time));
}

void ContinuedMarket::bend(const Listing& listing, Bar& bar) {
    bar.open = bent(listing, bar.open);
    bar.high = bent(listing, bar.high);
    bar.low = bent(listing, bar.low);
    bar.close = bent(listing, bar.close);
    if (bar.vwap > 0 && !listing.curve.last_close.is_zero()) {
        bar.vwap =
            std::clamp(listing.curve.bend(bar.vwap), bar.low.to_double(), bar.high.to_double());
    }
}

std::optional<Bar> ContinuedMarket::minute_bar(const Symbol& symbol, Timestamp start) const {
    auto bar = synthetic_.minute_bar(symbol, start);
    if (bar) bend(listing(symbol), *bar);
    return bar;
}

std::optional<Bar> ContinuedMarket::daily_bar(const Symbol& symbol, Date date) const {
    const auto& entry = listing(symbol);
    const auto recorded = entry.recorded_days.find(date);
    if (recorded != entry.recorded_days.end()) return entry.history->bars[recorded->second];
    auto bar = synthetic_.daily_bar(symbol, date);
    if (bar) bend(entry, *bar);
    return bar;
}

Timestamp default_exchange_start(const std::vector<BarSeriesPtr>& histories, Date otherwise) {
    Date last = otherwise;
    bool found = false;
    for (const auto& series : histories) {
        if (series->bars.empty()) continue;
        // The bar that ends at midnight UTC belongs to the day before.
        const auto date = market::new_york_date(series->bars.back().end - 1);
        last = found ? std::max(last, date) : date;
        found = true;
    }
    return market::new_york_time(market::next_session(TradingCalendar::nyse, last).date, 9, 25);
}

std::unique_ptr<EmbeddedExchange> open_embedded_exchange(
    const std::string& folder, ExchangeSettings settings, const std::vector<Symbol>& symbols,
    const std::vector<BarSeriesPtr>& histories, const market::InstrumentTable& instruments) {
    ContinuedMarket::Terms terms;
    if (const auto stored = EmbeddedExchange::stored_market_terms(folder)) {
        terms = ContinuedMarket::parse(*stored);
    } else {
        if (settings.start.ns == 0) {
            settings.start = default_exchange_start(histories, market::new_york_date({}));
        }
        const auto last_day = utc_date(settings.start) + kYearsAhead * 365;
        terms = ContinuedMarket::fit(settings.seed, symbols, histories, last_day);
    }
    return std::make_unique<EmbeddedExchange>(
        folder, settings,
        std::make_unique<const ContinuedMarket>(std::move(terms), histories, instruments));
}

}  // namespace tradewind::broker
