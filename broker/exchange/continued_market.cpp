#include "broker/exchange/continued_market.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "broker/exchange/embedded_exchange.hpp"
#include "broker/exchange/market_tick.hpp"
#include "market/resample.hpp"
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
static_assert(market::kSyntheticTradeSlot == 2 * kMarketTick);

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

// What trades in a tick that is empty otherwise.
Quantity unit_of(const Instrument& instrument) {
    constexpr std::int64_t kMillionth = 1'000;
    return instrument.asset_class == AssetClass::crypto ? Quantity::from_units(kMillionth)
                                                        : Quantity::whole(1);
}

// Every tick of the bar has a trade.
void count_units(Bar& bar, Quantity unit) {
    const auto ticks = static_cast<std::uint32_t>((bar.end - bar.start) / kMarketTick);
    if (bar.trade_count >= ticks) return;
    const auto missing = Quantity::from_units(unit.units() * (ticks - bar.trade_count));
    bar.volume = (quantity_of(bar.volume) + missing).to_double();
    bar.trade_count = ticks;
}

const BarSeries* series_of(const Symbol& symbol, const std::vector<BarSeriesPtr>& histories) {
    for (const auto& series : histories) {
        if (series->symbol == symbol) return series.get();
    }
    return nullptr;
}

}  // namespace

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
            if (series->symbol == symbol) record(symbol, entry, series);
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

void ContinuedMarket::record(const Symbol& symbol, Listing& entry,
                             const BarSeriesPtr& series) const {
    const auto calendar = synthetic_.calendar(symbol);
    entry.history = series;
    const bool divides = !series->daily && series->interval_ns % kMinute == 0 &&
                         series->interval_ns > 0 && kDay % series->interval_ns == 0;
    if (!series->daily && !divides) return;
    entry.recorded =
        series->daily ? series->bars : market::resample(*series, calendar, kDay).series.bars;
    for (std::size_t i = 0; i < entry.recorded.size(); ++i) {
        entry.recorded_days.emplace(market::exchange_date(calendar, entry.recorded[i].start), i);
    }
}

double ContinuedMarket::Shape::exact(double price) const {
    if (as_is) return price;
    return anchor * std::pow(price / synthetic_anchor, scale);
}

Price ContinuedMarket::Shape::operator()(Price price) const {
    if (as_is) return price;
    const auto bent = price_of(exact(price.to_double()));
    Instrument stepped = listing->instrument;
    stepped.tick = listing->price_step;
    const auto step = market::tick_at(stepped, bent);
    return std::max(nearest_tick(bent, step), step);
}

void ContinuedMarket::Shape::operator()(Bar& bar) const {
    bar.open = (*this)(bar.open);
    bar.high = (*this)(bar.high);
    bar.low = (*this)(bar.low);
    bar.close = (*this)(bar.close);
    if (bar.vwap > 0 && !as_is) {
        bar.vwap = std::clamp(exact(bar.vwap), bar.low.to_double(), bar.high.to_double());
    }
}

ContinuedMarket::Shape ContinuedMarket::shape(const Symbol& symbol, Timestamp time) const {
    const auto& entry = listing(symbol);
    const auto& curve = entry.curve;
    Shape shape{&entry, curve.exponent, curve.synthetic_price, curve.last_close.to_double(),
                curve.last_close.is_zero()};
    if (time >= curve.from || entry.recorded_days.empty()) return shape;
    const auto date = market::exchange_date(synthetic_.calendar(symbol), time);
    // Outside a session the last one's prices stand.
    auto found = entry.recorded_days.upper_bound(date);
    if (found == entry.recorded_days.begin()) return shape;
    --found;
    if (time < entry.recorded[found->second].start) {
        if (found == entry.recorded_days.begin()) return shape;
        --found;
    }
    const auto& recorded = entry.recorded[found->second];
    const auto synthetic = synthetic_.daily_prices(symbol, found->first);
    if (!synthetic || synthetic->low.sign() <= 0) return shape;
    const double width = std::log(synthetic->high.to_double() / synthetic->low.to_double());
    const double wanted = std::log(recorded.high.to_double() / recorded.low.to_double());
    return {&entry, width > 0 ? wanted / width : 0, synthetic->low.to_double(),
            recorded.low.to_double(), false};
}

Quote ContinuedMarket::quote_at(const Symbol& symbol, Timestamp time) const {
    const auto shaped = shape(symbol, time);
    auto quote = synthetic_.quote_at(symbol, time);
    quote.bid = shaped(quote.bid);
    quote.ask = shaped(quote.ask);
    const auto since = time - quote.time;
    if (since >= kMarketTick && since < market::kSyntheticTradeSlot) {
        quote.time = quote.time + kMarketTick;
        std::swap(quote.bid_size, quote.ask_size);
    }
    return quote;
}

std::optional<Trade> ContinuedMarket::trade_at(const Symbol& symbol, Timestamp time) const {
    const auto session = market::session_at(synthetic_.calendar(symbol), time);
    if (!session) return std::nullopt;
    const auto tick = (time - session->open) / kMarketTick;
    const Timestamp tick_start = session->open + tick * kMarketTick;
    auto trade = tick % 2 == 0 ? synthetic_.trade_at(symbol, time) : std::nullopt;
    if (trade) {
        // The synthetic slot is two ticks long.
        trade->time = tick_start + (trade->time - tick_start) / 2;
    } else {
        trade = Trade{symbol, tick_start, synthetic_.price_at(symbol, time),
                      unit_of(listing(symbol).instrument)};
    }
    trade->price = shape(symbol, time)(trade->price);
    return trade;
}

Price ContinuedMarket::price_at(const Symbol& symbol, Timestamp time) const {
    return shape(symbol, time)(synthetic_.price_at(symbol, time));
}

std::optional<Bar> ContinuedMarket::minute_bar(const Symbol& symbol, Timestamp start) const {
    const auto& entry = listing(symbol);
    const auto* history = entry.history.get();
    if (history != nullptr && !history->daily && history->interval_ns == kMinute &&
        start < entry.curve.from && !history->bars.empty() &&
        start >= history->bars.front().start) {
        const auto& bars = history->bars;
        const auto found =
            std::lower_bound(bars.begin(), bars.end(), start,
                             [](const Bar& bar, Timestamp wanted) { return bar.start < wanted; });
        if (found == bars.end() || found->start != start) return std::nullopt;
        return *found;
    }
    auto bar = synthetic_.minute_bar(symbol, start);
    if (!bar) return bar;
    shape(symbol, start)(*bar);
    count_units(*bar, unit_of(entry.instrument));
    return bar;
}

std::optional<Bar> ContinuedMarket::daily_bar(const Symbol& symbol, Date date) const {
    const auto& entry = listing(symbol);
    const auto recorded = entry.recorded_days.find(date);
    if (recorded != entry.recorded_days.end()) return entry.recorded[recorded->second];
    auto bar = synthetic_.daily_bar(symbol, date);
    if (!bar) return bar;
    shape(symbol, bar->start)(*bar);
    count_units(*bar, unit_of(entry.instrument));
    return bar;
}

Timestamp default_exchange_start(const std::vector<BarSeriesPtr>& histories) {
    std::optional<Date> last;
    for (const auto& series : histories) {
        if (series->bars.empty()) continue;
        // The bar that ends at midnight UTC belongs to the day before.
        const auto date = market::new_york_date(series->bars.back().end - 1);
        last = std::max(last.value_or(date), date);
    }
    const auto after = last.value_or(kSyntheticEve);
    return market::new_york_time(market::next_session(TradingCalendar::nyse, after).date, 9, 25);
}

std::unique_ptr<EmbeddedExchange> open_embedded_exchange(
    const std::string& folder, ExchangeSettings settings, const std::vector<Symbol>& symbols,
    const std::vector<BarSeriesPtr>& histories, const market::InstrumentTable& instruments) {
    ContinuedMarket::Terms terms;
    if (const auto stored = EmbeddedExchange::stored_market_terms(folder)) {
        terms = ContinuedMarket::parse(*stored);
    } else {
        if (settings.start.ns == 0) {
            settings.start = default_exchange_start(histories);
        }
        const auto last_day = utc_date(settings.start) + kYearsAhead * 365;
        terms = ContinuedMarket::fit(settings.seed, symbols, histories, last_day);
    }
    return std::make_unique<EmbeddedExchange>(
        folder, settings,
        std::make_unique<const ContinuedMarket>(std::move(terms), histories, instruments));
}

}  // namespace tradewind::broker
