#include "broker/exchange/data/data_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "broker/exchange/market_tick.hpp"
#include "messages/counter_random.hpp"

namespace tradewind::broker {
namespace {

constexpr std::size_t kBookLevels = 10;
constexpr std::int64_t kRoundLot = 100;
enum Purpose : std::uint32_t { kDrawVenue = 1, kDrawLevel = 2 };

// Where shares trade, by the codes of the tape, more often first.
constexpr std::array<const char*, 8> kVenues = {"V", "D", "Q", "P", "N", "Z", "K", "V"};

// Both operands are exact, so that the quotient is the nearest double.
double number(Price price) {
    return static_cast<double>(price.units()) / 1e9;
}

double number(Quantity quantity) {
    return static_cast<double>(quantity.units()) / 1e9;
}

DataJson size_json(DataMarket market, Quantity size) {
    if (market == DataMarket::crypto) return number(size);
    return static_cast<std::int64_t>(size.units() / Quantity::kOne);
}

void big_endian(std::uint64_t value, std::size_t bytes, std::vector<std::uint8_t>& out) {
    for (std::size_t i = bytes; i-- > 0;) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

Quantity level_size(const Symbol& symbol, Price price) {
    const CounterRandom random(0, symbol);
    const auto drawn = random.block(kDrawLevel, Date{0}, static_cast<std::uint64_t>(price.units()));
    // 0.01 to 3 coins in steps of 0.01.
    return Quantity::from_units(static_cast<int128>(1 + drawn[0] % 300) * 10'000'000);
}

}  // namespace

DataJson time_json(Timestamp time, TimeForm form) {
    if (form == TimeForm::text) return format_time(time);
    std::int64_t seconds = time.ns / kSecond;
    std::int64_t rest = time.ns % kSecond;
    if (rest < 0) {
        rest += kSecond;
        --seconds;
    }
    // 32 bits of seconds, 34 bits of seconds below 30 of nanoseconds, or both in full.
    std::vector<std::uint8_t> bytes;
    const auto whole = static_cast<std::uint64_t>(seconds);
    const auto fraction = static_cast<std::uint64_t>(rest);
    if (seconds >= 0 && whole >> 34 == 0) {
        if (fraction == 0 && whole >> 32 == 0) {
            big_endian(whole, 4, bytes);
        } else {
            big_endian(fraction << 34 | whole, 8, bytes);
        }
    } else {
        big_endian(fraction, 4, bytes);
        big_endian(whole, 8, bytes);
    }
    constexpr std::uint8_t kTimestampType = 0xFF;  // -1
    return DataJson::binary(std::move(bytes), kTimestampType);
}

DataJson to_json(DataMarket market, const Bar& bar, TimeForm form) {
    DataJson volume = market == DataMarket::crypto
                          ? DataJson(bar.volume)
                          : DataJson(static_cast<std::int64_t>(std::llround(bar.volume)));
    return {{"t", time_json(bar.start, form)},
            {"o", number(bar.open)},
            {"h", number(bar.high)},
            {"l", number(bar.low)},
            {"c", number(bar.close)},
            {"v", std::move(volume)},
            {"n", bar.trade_count},
            {"vw", std::round(bar.vwap * 1e6) / 1e6}};
}

DataJson to_json(DataMarket market, const Quote& quote, TimeForm form) {
    if (market == DataMarket::crypto) {
        return {{"t", time_json(quote.time, form)},
                {"bp", number(quote.bid)},
                {"bs", size_json(market, quote.bid_size)},
                {"ap", number(quote.ask)},
                {"as", size_json(market, quote.ask_size)}};
    }
    return {{"t", time_json(quote.time, form)},
            {"ax", "V"},
            {"ap", number(quote.ask)},
            {"as", size_json(market, quote.ask_size)},
            {"bx", "V"},
            {"bp", number(quote.bid)},
            {"bs", size_json(market, quote.bid_size)},
            {"c", DataJson::array({"R"})},
            {"z", tape_of(quote.symbol)}};
}

std::uint64_t trade_id(const Trade& trade) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, trade.time.ns) /
                                      kMarketTick);
}

DataJson to_json(DataMarket market, const Trade& trade, const Quote& quote, TimeForm form) {
    if (market == DataMarket::crypto) {
        return {{"t", time_json(trade.time, form)},
                {"p", number(trade.price)},
                {"s", size_json(market, trade.size)},
                {"i", trade_id(trade)},
                {"tks", trade.price >= quote.ask ? "B" : "S"}};
    }
    const CounterRandom random(0, trade.symbol);
    const auto venue = random.block(kDrawVenue, Date{0}, trade_id(trade))[0] % kVenues.size();
    DataJson conditions = DataJson::array({"@"});
    if (trade.size < Quantity::whole(kRoundLot)) conditions.push_back("I");
    return {{"t", time_json(trade.time, form)}, {"x", kVenues[venue]},
            {"p", number(trade.price)},         {"s", size_json(market, trade.size)},
            {"c", std::move(conditions)},       {"i", trade_id(trade)},
            {"z", tape_of(trade.symbol)}};
}

OrderBook order_book_of(const Quote& quote) {
    OrderBook book;
    book.time = quote.time;
    // A ten-thousandth of the price's power of ten.
    std::int64_t gap = 1;
    while (gap * 100'000 <= quote.bid.units()) gap *= 10;
    // Levels lie on a grid of their own, so that most of them survive a move of the best prices.
    for (std::size_t i = 0; i < kBookLevels; ++i) {
        const auto distance = static_cast<std::int64_t>(i) * gap;
        if (i == 0) {
            book.bids.push_back({quote.bid, quote.bid_size});
            book.asks.push_back({quote.ask, quote.ask_size});
            continue;
        }
        const auto below = (quote.bid.units() - distance) / gap * gap;
        const auto above = (quote.ask.units() + distance + gap - 1) / gap * gap;
        if (below > 0 && below < book.bids.back().price.units()) {
            const auto price = Price::from_units(below);
            book.bids.push_back({price, level_size(quote.symbol, price)});
        }
        if (above > book.asks.back().price.units()) {
            const auto price = Price::from_units(above);
            book.asks.push_back({price, level_size(quote.symbol, price)});
        }
    }
    return book;
}

DataJson levels_json(const std::vector<BookLevel>& levels) {
    DataJson json = DataJson::array();
    for (const auto& level : levels) {
        json.push_back({{"p", number(level.price)}, {"s", number(level.size)}});
    }
    return json;
}

const char* tape_of(const Symbol& symbol) {
    constexpr std::array<std::string_view, 11> kNasdaq = {
        "AAPL", "ADBE", "AVGO", "COST", "EQIX", "GOOG", "INTC", "MSFT", "NVDA", "QQQ", "TSLA"};
    constexpr std::array<std::string_view, 3> kSisters = {"GLD", "SPY", "VTI"};
    const auto is_in = [&](const auto& list) {
        return std::find(list.begin(), list.end(), symbol.view()) != list.end();
    };
    if (is_in(kSisters)) return "B";
    return is_in(kNasdaq) || symbol.view().size() >= 4 ? "C" : "A";
}

}  // namespace tradewind::broker
