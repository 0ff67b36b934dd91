#include "market/synthetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "market/synthetic_path.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

constexpr int kSlots = static_cast<int>(kMinute / kSyntheticTradeSlot);
// Every minute trades at its open, high, low and close, whatever its volume.
constexpr std::int64_t kCertainTrades = 4;
constexpr int kMinutesOfDay = 1'440;

// Share of a session's variance and volume up to `place` in [0, 1]: a U over the stock session, a
// wave over the UTC day.
double activity_up_to(bool coin, double place) {
    if (coin) {
        // Whole minutes of the UTC day come from a table; a place between two is interpolated.
        static const auto table = [] {
            constexpr double kTurn = 6.283185307179586;
            std::array<double, kMinutesOfDay + 2> sums{};
            for (std::size_t i = 0; i < sums.size(); ++i) {
                const double at = static_cast<double>(i) / kMinutesOfDay;
                sums[i] =
                    at - 0.35 / kTurn * (std::cos(kTurn * (at - 0.35)) - std::cos(kTurn * 0.35));
            }
            return sums;
        }();
        const double minute = place * kMinutesOfDay;
        const auto whole = static_cast<std::size_t>(minute);
        return table[whole] +
               (minute - static_cast<double>(whole)) * (table[whole + 1] - table[whole]);
    }
    const double x = 2 * place - 1;
    return 0.55 * place + 1.35 * (x * x * x + 1) / 6;
}

struct Knot {
    double place;
    double value;
};

// A path pinned at four knots and otherwise a Brownian bridge inside [low, high], at whole places.
// Each place is the middle of exactly one interval of the bisection, so its draw is keyed by
// itself.
template <class Activity>
double bridge(std::array<Knot, 4> knots, int place, double sigma, double low, double high,
              const CounterRandom& random, std::uint32_t purpose, Date date, std::uint64_t key,
              Activity&& activity) {
    if (knots[1].place > knots[2].place) std::swap(knots[1], knots[2]);
    std::size_t next = 1;
    while (next < 3 && knots[next].place < place) ++next;
    Knot left = knots[next - 1];
    Knot right = knots[next];
    if (right.place == place) return right.value;
    if (left.place == place) return left.value;
    double left_activity = activity(left.place);
    double right_activity = activity(right.place);
    for (;;) {
        const int first = static_cast<int>(std::floor(left.place)) + 1;
        const int last = static_cast<int>(std::ceil(right.place)) - 1;
        const int middle = first + (last - first) / 2;
        const double middle_activity = activity(middle);
        const double whole = right_activity - left_activity;
        const double share = whole > 0 ? (middle_activity - left_activity) / whole : 0.5;
        const double deviation = sigma * std::sqrt(std::max(0.0, share * (1 - share) * whole));
        double value =
            left.value + share * (right.value - left.value) +
            deviation * random.bell(purpose, date, key + static_cast<std::uint64_t>(middle));
        if (value > high) value = 2 * high - value;
        if (value < low) value = 2 * low - value;
        value = std::clamp(value, low, high);
        if (middle == place) return value;
        if (place < middle) {
            right = {static_cast<double>(middle), value};
            right_activity = middle_activity;
        } else {
            left = {static_cast<double>(middle), value};
            left_activity = middle_activity;
        }
    }
}

// One minute below its day.
struct Minute {
    double open = 0, high = 0, low = 0, close = 0;  // log prices
    double sigma = 0;
    int high_slot = 1, low_slot = 2;
    std::int64_t volume = 0;  // units of volume_unit
};

}  // namespace

// One symbol: its character, its days, and what hangs below them.
class SyntheticSymbol {
  public:
    SyntheticSymbol(std::uint64_t seed, const Symbol& symbol, const Factors& factors, Date last)
        : symbol_(symbol),
          random_(seed, symbol),
          character_(character_of(seed, symbol)),
          days_(make_days(random_, character_, character_.coin ? factors.coin : factors.equity,
                          last)),
          last_(last) {}

    [[nodiscard]] const Symbol& symbol() const { return symbol_; }
    [[nodiscard]] TradingCalendar calendar() const {
        return character_.coin ? TradingCalendar::utc_days : TradingCalendar::nyse;
    }
    [[nodiscard]] const std::vector<SyntheticDay>& days() const { return days_; }
    [[nodiscard]] Date last() const { return last_; }

    [[nodiscard]] const SyntheticDay* day(Date date) const {
        const auto at = first_day_from(date);
        return at != days_.end() && at->date == date ? &*at : nullptr;
    }
    [[nodiscard]] std::vector<SyntheticDay>::const_iterator first_day_from(Date date) const {
        return std::lower_bound(days_.begin(), days_.end(), date,
                                [](const SyntheticDay& d, Date wanted) { return d.date < wanted; });
    }

    [[nodiscard]] Price price(double log_price) const {
        const double ticks = std::exp(log_price) * 1e9 / static_cast<double>(tick_units());
        return Price::from_units(std::max<std::int64_t>(1, std::llround(ticks)) * tick_units());
    }

    // The path at the start of minute `index`; index = minutes is the close.
    [[nodiscard]] double boundary(const SyntheticDay& day, int index) const {
        const double count = day.minutes;
        return bridge(
            {{{0, day.open}, {day.high_at, day.high}, {day.low_at, day.low}, {count, day.close}}},
            index, day.sigma, day.low, day.high, random_, kDrawMinutePath, day.date, 0,
            [&](double place) { return activity_up_to(character_.coin, place / count); });
    }

    [[nodiscard]] double share(const SyntheticDay& day, int index) const {
        const double count = day.minutes;
        return activity_up_to(character_.coin, (index + 1) / count) -
               activity_up_to(character_.coin, index / count);
    }

    [[nodiscard]] std::int64_t minute_volume(const SyntheticDay& day, int index) const {
        const auto drawn =
            random_.block(kDrawMinuteVolume, day.date, static_cast<std::uint64_t>(index));
        // 0.3 to 1.7 of what the hour of the day lets expect.
        const double noise = 0.3 + 1.4 * 0x1p-32 * drawn[0];
        const double volume = day.volume * share(day, index) * noise;
        return std::max(kCertainTrades, static_cast<std::int64_t>(volume));
    }

    [[nodiscard]] Minute minute(const SyntheticDay& day, int index, double open) const {
        Minute m;
        m.open = open;
        m.close = boundary(day, index + 1);
        const auto key = static_cast<std::uint64_t>(index);
        const double variance = day.sigma * day.sigma * share(day, index);
        m.sigma = std::sqrt(variance);
        const auto range =
            range_of(m.open, m.close, variance, random_.uniforms(kDrawMinuteRange, day.date, key));
        m.high = std::min(range.high, day.high);
        m.low = std::max(range.low, day.low);
        if (static_cast<int>(day.high_at) == index) m.high = day.high;
        if (static_cast<int>(day.low_at) == index) m.low = day.low;
        m.volume = minute_volume(day, index);
        return m;
    }
    [[nodiscard]] Minute minute(const SyntheticDay& day, int index) const {
        Minute m = minute(day, index, boundary(day, index));
        std::tie(m.high_slot, m.low_slot) = extreme_slots(day, index);
        return m;
    }

    [[nodiscard]] Bar minute_bar(const SyntheticDay& day, int index, const Minute& m) const {
        Bar bar;
        bar.start = day.open_time + index * kMinute;
        bar.end = bar.start + kMinute;
        bar.open = price(m.open);
        bar.high = price(m.high);
        bar.low = price(m.low);
        bar.close = price(m.close);
        bar.volume = volume_of(m.volume);
        bar.trade_count = trade_count(day, index, m.volume);
        return bar;
    }

    [[nodiscard]] Bar daily_prices(const SyntheticDay& day) const {
        Bar bar;
        bar.start = day.open_time;
        bar.end = day.open_time + day.minutes * kMinute;
        bar.open = price(day.open);
        bar.high = price(day.high);
        bar.low = price(day.low);
        bar.close = price(day.close);
        return bar;
    }

    [[nodiscard]] Bar daily_bar(const SyntheticDay& day) const {
        Bar bar = daily_prices(day);
        std::int64_t volume = 0;
        for (int i = 0; i < day.minutes; ++i) {
            const auto of_minute = minute_volume(day, i);
            volume += of_minute;
            bar.trade_count += trade_count(day, i, of_minute);
        }
        bar.volume = volume_of(volume);
        return bar;
    }

    // The price of a slot of a minute.
    [[nodiscard]] Price slot_price(const SyntheticDay& day, int index, const Minute& m,
                                   int slot) const {
        const double value = bridge({{{0, m.open},
                                      {static_cast<double>(m.high_slot), m.high},
                                      {static_cast<double>(m.low_slot), m.low},
                                      {kSlots - 1.0, m.close}}},
                                    slot, m.sigma, m.low, m.high, random_, kDrawSlotPath, day.date,
                                    static_cast<std::uint64_t>(index) * 512,
                                    [](double place) { return place / (kSlots - 1); });
        return price(value);
    }

    // Units traded in a slot: the minute's volume spread over its active slots, and the certain
    // trades.
    [[nodiscard]] std::int64_t slot_volume(const SyntheticDay& day, int index, const Minute& m,
                                           int slot) const {
        const std::int64_t spread = m.volume - kCertainTrades;
        const int stride = stride_for(spread);
        std::int64_t units = 0;
        if (slot % stride == active_offset(day, index, stride)) {
            const int group = slot / stride;
            units = spread_up_to(day, index, spread, group + 1, kSlots / stride) -
                    spread_up_to(day, index, spread, group, kSlots / stride);
        }
        if (slot == 0 || slot == kSlots - 1) ++units;
        if (slot == m.high_slot) ++units;
        if (slot == m.low_slot) ++units;
        return units;
    }

    [[nodiscard]] double volume_of(std::int64_t units) const {
        return Quantity::from_units(static_cast<int128>(units) * character_.volume_unit)
            .to_double();
    }
    [[nodiscard]] Quantity size_of(std::int64_t units) const {
        return Quantity::from_units(static_cast<int128>(units) * character_.volume_unit);
    }

    [[nodiscard]] Quote quote(const SyntheticDay& day, int index, int slot, Price last) const {
        const auto key = slot_key(index, slot);
        const auto [side, width] = random_.uniforms(kDrawSlotTrade, day.date, key);
        // Spreads are widest after the open and in turbulent minutes.
        const double opening = !character_.coin && index < 10 ? 2.0 - index * 0.1 : 1.0;
        const double spread = last.to_double() * character_.spread * opening * (0.6 + 0.8 * width);
        const double ticks = spread * 1e9 / static_cast<double>(tick_units());
        const auto gap =
            Price::from_units(std::max<std::int64_t>(1, std::llround(ticks)) * tick_units());
        Quote quote;
        quote.symbol = symbol_;
        quote.time = day.open_time + (index * kMinute + slot * kSyntheticTradeSlot);
        const bool bought = side < 0.5;
        quote.bid = bought && last > gap ? last - gap : last;
        quote.ask = bought ? last : last + gap;
        const auto sizes = random_.block(kDrawSlotTrade, day.date, key | 1ULL << 40);
        const std::int64_t round_lot = character_.coin ? 10'000 : 100;
        quote.bid_size = size_of(round_lot * (1 + sizes[0] % 9));
        quote.ask_size = size_of(round_lot * (1 + sizes[1] % 9));
        return quote;
    }

    [[nodiscard]] Timestamp trade_time(const SyntheticDay& day, int index, int slot) const {
        const auto drawn =
            random_.block(kDrawSlotTrade, day.date, slot_key(index, slot) | 1ULL << 41);
        return day.open_time +
               (index * kMinute + slot * kSyntheticTradeSlot +
                static_cast<std::int64_t>(drawn[0] % (kSyntheticTradeSlot / 1'000)) * 1'000);
    }

    // Where a time lies: day, minute and slot; a time after a session's end in its last slot.
    struct Place {
        const SyntheticDay* day = nullptr;
        int minute = 0;
        int slot = 0;
        bool open = false;
    };
    [[nodiscard]] Place place(Timestamp time) const {
        const Date date = exchange_date(calendar(), time);
        auto at = first_day_from(date + 1);
        if (at != days_.begin() && time < std::prev(at)->open_time) --at;
        if (at == days_.begin() || date > last_) {
            throw Error(
                ErrorKind::data, "synthetic " + symbol_.to_string(), format_time(time),
                "outside the market's days",
                "ask for " + format_date(kSyntheticOrigin + 3) + " to " + format_date(last_));
        }
        const SyntheticDay& found = *std::prev(at);
        const std::int64_t since = time - found.open_time;
        const bool open = since < found.minutes * kMinute;
        const std::int64_t inside = open ? since : found.minutes * kMinute - 1;
        return {&found, static_cast<int>(inside / kMinute),
                static_cast<int>(inside % kMinute / kSyntheticTradeSlot), open};
    }

  private:
    [[nodiscard]] std::int64_t tick_units() const { return character_.tick.units(); }
    static std::uint64_t slot_key(int index, int slot) {
        return static_cast<std::uint64_t>(index) * 512 + static_cast<std::uint64_t>(slot);
    }

    // Two different slots between the first and the last.
    [[nodiscard]] std::pair<int, int> extreme_slots(const SyntheticDay& day, int index) const {
        const auto drawn =
            random_.block(kDrawSlotPlaces, day.date, static_cast<std::uint64_t>(index));
        const int high = 1 + static_cast<int>(drawn[0] % (kSlots - 2));
        const int low = 1 + static_cast<int>(drawn[1] % (kSlots - 3));
        return {high, low >= high ? low + 1 : low};
    }

    // Thin minutes trade in every second, third, ... slot only, so that each active slot has a
    // unit.
    static int stride_for(std::int64_t spread) {
        for (const int stride : {1, 2, 3, 5, 10, 20, 30, 60, 100, 150}) {
            if (spread >= 11 * kSlots / stride) return stride;
        }
        return kSlots;
    }
    [[nodiscard]] int active_offset(const SyntheticDay& day, int index, int stride) const {
        if (stride == 1) return 0;
        const auto drawn = random_.block(kDrawSlotPlaces, day.date,
                                         static_cast<std::uint64_t>(index) | 1ULL << 41);
        return static_cast<int>(drawn[0] % static_cast<std::uint32_t>(stride));
    }

    // How much of `spread` units falls into the groups before `group`: ascending, exact at both
    // ends.
    [[nodiscard]] std::int64_t spread_up_to(const SyntheticDay& day, int index, std::int64_t spread,
                                            int group, int groups) const {
        if (group <= 0) return 0;
        if (group >= groups) return spread;
        const double jitter =
            random_.uniform(kDrawSlotPlaces, day.date, slot_key(index, group) | 1ULL << 40);
        const double place = (group + 0.9 * (jitter - 0.5)) / groups;
        return static_cast<std::int64_t>(static_cast<double>(spread) * place);
    }

    [[nodiscard]] std::uint32_t trade_count(const SyntheticDay& day, int index,
                                            std::int64_t volume) const {
        const std::int64_t spread = volume - kCertainTrades;
        const int stride = stride_for(spread);
        if (stride == 1) return kSlots;
        const int offset = active_offset(day, index, stride);
        const auto [high_slot, low_slot] = extreme_slots(day, index);
        int count = spread > 0 ? kSlots / stride : 0;
        for (const int slot : {0, high_slot, low_slot, kSlots - 1}) {
            if (spread == 0 || slot % stride != offset) ++count;
        }
        return static_cast<std::uint32_t>(count);
    }

    Symbol symbol_;
    CounterRandom random_;
    SymbolCharacter character_;
    std::vector<SyntheticDay> days_;
    Date last_;
};

struct SyntheticMarket::State {
    std::vector<Symbol> names;
    std::unordered_map<Symbol, std::unique_ptr<SyntheticSymbol>> symbols;

    [[nodiscard]] const SyntheticSymbol& of(const Symbol& symbol) const {
        const auto found = symbols.find(symbol);
        if (found == symbols.end()) {
            throw Error(ErrorKind::data, "symbol " + symbol.to_string(), "synthetic market",
                        "the market does not have it");
        }
        return *found->second;
    }
};

SyntheticMarket::SyntheticMarket(const SyntheticOptions& options)
    : state_(std::make_unique<State>()) {
    if (options.last_day < kSyntheticOrigin + 7) {
        throw Error(ErrorKind::usage, "synthetic market", format_date(options.last_day),
                    "its last day lies before its origin",
                    "choose one after " + format_date(kSyntheticOrigin));
    }
    const Factors factors = make_factors(options.seed, options.last_day);
    for (const auto& symbol : options.symbols) {
        auto made =
            std::make_unique<SyntheticSymbol>(options.seed, symbol, factors, options.last_day);
        if (state_->symbols.try_emplace(symbol, std::move(made)).second) {
            state_->names.push_back(symbol);
        }
    }
}

SyntheticMarket::~SyntheticMarket() = default;
SyntheticMarket::SyntheticMarket(SyntheticMarket&&) noexcept = default;
SyntheticMarket& SyntheticMarket::operator=(SyntheticMarket&&) noexcept = default;

const std::vector<Symbol>& SyntheticMarket::symbols() const {
    return state_->names;
}

TradingCalendar SyntheticMarket::calendar(const Symbol& symbol) const {
    return state_->of(symbol).calendar();
}

std::optional<Bar> SyntheticMarket::daily_bar(const Symbol& symbol, Date date) const {
    const auto& s = state_->of(symbol);
    const auto* day = s.day(date);
    return day == nullptr ? std::nullopt : std::optional(s.daily_bar(*day));
}

std::optional<Bar> SyntheticMarket::daily_prices(const Symbol& symbol, Date date) const {
    const auto& s = state_->of(symbol);
    const auto* day = s.day(date);
    return day == nullptr ? std::nullopt : std::optional(s.daily_prices(*day));
}

std::optional<Bar> SyntheticMarket::minute_bar(const Symbol& symbol, Timestamp start) const {
    const auto& s = state_->of(symbol);
    const auto place = s.place(start);
    if (!place.open || (start - place.day->open_time) % kMinute != 0) return std::nullopt;
    return s.minute_bar(*place.day, place.minute, s.minute(*place.day, place.minute));
}

std::vector<Bar> SyntheticMarket::daily_bars(const Symbol& symbol, Timestamp from,
                                             Timestamp to) const {
    const auto& s = state_->of(symbol);
    std::vector<Bar> bars;
    for (auto at = s.first_day_from(exchange_date(s.calendar(), from));
         at != s.days().end() && at->open_time < to; ++at) {
        if (at->open_time >= from) bars.push_back(s.daily_bar(*at));
    }
    return bars;
}

std::vector<Bar> SyntheticMarket::minute_bars(const Symbol& symbol, Timestamp from,
                                              Timestamp to) const {
    const auto& s = state_->of(symbol);
    std::vector<Bar> bars;
    for (auto at = s.first_day_from(exchange_date(s.calendar(), from));
         at != s.days().end() && at->open_time < to; ++at) {
        const std::int64_t skip = std::max<std::int64_t>(0, from - at->open_time);
        const auto first = static_cast<int>((skip + kMinute - 1) / kMinute);
        const std::int64_t room = std::min(to - at->open_time, at->minutes * kMinute);
        if (first * kMinute >= room) continue;
        double open = s.boundary(*at, first);
        for (int i = first; i * kMinute < room; ++i) {
            const Minute m = s.minute(*at, i, open);
            bars.push_back(s.minute_bar(*at, i, m));
            open = m.close;
        }
    }
    return bars;
}

BarSeriesPtr SyntheticMarket::daily_series(const Symbol& symbol, Date from, Date to) const {
    auto series = std::make_shared<BarSeries>();
    series->symbol = symbol;
    series->interval_ns = kDay;
    series->daily = true;
    series->adjusted = true;
    const auto& s = state_->of(symbol);
    for (auto at = s.first_day_from(from); at != s.days().end() && at->date <= to; ++at) {
        series->bars.push_back(s.daily_bar(*at));
    }
    return series;
}

BarSeriesPtr SyntheticMarket::minute_series(const Symbol& symbol, Timestamp from,
                                            Timestamp to) const {
    auto series = std::make_shared<BarSeries>();
    series->symbol = symbol;
    series->interval_ns = kMinute;
    series->adjusted = true;
    series->bars = minute_bars(symbol, from, to);
    return series;
}

Quote SyntheticMarket::quote_at(const Symbol& symbol, Timestamp time) const {
    const auto& s = state_->of(symbol);
    const auto place = s.place(time);
    const Minute m = s.minute(*place.day, place.minute);
    return s.quote(*place.day, place.minute, place.slot,
                   s.slot_price(*place.day, place.minute, m, place.slot));
}

std::optional<Trade> SyntheticMarket::trade_at(const Symbol& symbol, Timestamp time) const {
    const auto& s = state_->of(symbol);
    const auto place = s.place(time);
    if (!place.open) return std::nullopt;
    const Minute m = s.minute(*place.day, place.minute);
    const auto units = s.slot_volume(*place.day, place.minute, m, place.slot);
    if (units == 0) return std::nullopt;
    Trade trade;
    trade.symbol = symbol;
    trade.time = s.trade_time(*place.day, place.minute, place.slot);
    trade.price = s.slot_price(*place.day, place.minute, m, place.slot);
    trade.size = s.size_of(units);
    return trade;
}

Price SyntheticMarket::price_at(const Symbol& symbol, Timestamp time) const {
    const auto& s = state_->of(symbol);
    const auto place = s.place(time);
    return s.slot_price(*place.day, place.minute, s.minute(*place.day, place.minute), place.slot);
}

std::vector<Symbol> default_synthetic_symbols() {
    std::vector<Symbol> symbols;
    for (const char* name : {"EQIX", "GS",   "COST", "CRM",    "AXP",    "BA",     "GE",     "LLY",
                             "AVGO", "SPY",  "SHOP", "GLD",    "PLTR",   "MCD",    "V",      "VTI",
                             "QQQ",  "MA",   "SAP",  "COUR",   "ADBE",   "INTC",   "QUBT",   "MSFT",
                             "AAPL", "NVDA", "TSLA", "BTCUSD", "ETHUSD", "UNIUSD", "LINKUSD"}) {
        symbols.emplace_back(name);
    }
    return symbols;
}

}  // namespace tradewind::market
