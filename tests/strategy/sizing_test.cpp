#include "strategy/sizing.hpp"

#include <cmath>
#include <string>

#include "market/instruments.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using tradewind::test::law;

namespace {

Instrument instrument_of(const char* symbol, AssetClass asset_class) {
    return market::default_instrument(Symbol(symbol), asset_class);
}
Headroom room_of(const char* equity, const char* buying_power) {
    Headroom room;
    room.equity = Money::of(equity);
    room.buying_power = Money::of(buying_power);
    room.gross_room = Money::of("1000000000");
    return room;
}

}  // namespace

TEST_CASE("get_qty", "[strategy][sizing]") {
    struct Case {
        const char* equity;
        const char* buying_power;
        bool crypto;
        const char* price;
        const char* held;
        const char* leverage;
        const char* quantity;
    };
    // Source: strategies spec 4.7, table. Buying power plays no part in a coin's get_qty.
    const Case cases[] = {
        {"100000", "100000", false, "150", "0", "1", "400"},
        {"100000", "200000", false, "150", "0", "4", "1333"},
        {"100000", "1000000", false, "150", "0", "4", "1600"},
        {"100000", "100000", false, "150", "45000", "1", "100"},
        {"100000", "100000", false, "150", "60000", "1", "0"},
        {"100000", "100000", false, "150", "70000", "1", "0"},
        {"100000", "0", true, "60000", "0", "1", "1"},
        {"100000", "0", true, "61000", "0", "1", "0.983"},
    };
    for (const Case& expected : cases) {
        INFO(expected.price << " at " << expected.held << " held");
        const auto asset_class = expected.crypto ? AssetClass::crypto : AssetClass::us_equity;
        const Instrument instrument =
            instrument_of(expected.crypto ? "BTCUSD" : "AAA", asset_class);
        Headroom room = room_of(expected.equity, expected.buying_power);
        room.symbol_exposure[instrument.symbol] = Money::of(expected.held);
        SizingSettings settings;
        settings.max_intraday_leverage = Fraction::of(expected.leverage);
        CHECK(kelly_quantity(instrument, Price::of(expected.price), room, settings) ==
              Quantity::of(expected.quantity));
    }
}

TEST_CASE("simple sizing is the smallest of its limits", "[strategy][sizing]") {
    const Instrument stock = instrument_of("AAA", AssetClass::us_equity);
    const Instrument coin = instrument_of("BTCUSD", AssetClass::crypto);
    const SizingSettings settings;
    const auto size = [&settings](const Instrument& instrument, const char* price,
                                  const Headroom& room, const char* entered = "0") {
        return simple_size(instrument, Price::of(price), room, Money::of(entered), settings);
    };
    // Simple rule: 100,000 x 1.5 / 2 = 75,000; the symbol cap of 60,000 binds.
    auto sized = size(stock, "150", room_of("100000", "100000"));
    CHECK(sized.quantity == Quantity::whole(400));
    CHECK(sized.limit == "symbol cap");
    // 60,000 x 0.75 = 45,000.
    sized = size(stock, "150", room_of("100000", "60000"));
    CHECK(sized.quantity == Quantity::whole(300));
    CHECK(sized.limit == "simple rule");
    // Half of the equity for coins.
    sized = size(coin, "61000", room_of("100000", "100000"));
    CHECK(sized.quantity == Quantity::of("0.819"));
    CHECK(sized.limit == "simple rule");
    sized = size(coin, "61000", room_of("100000", "10000"));
    CHECK(sized.quantity == Quantity::of("0.163"));
    CHECK(sized.limit == "buying power");
    // 1.2 x 100,000 - 90,000 = 30,000 are left for new entries.
    sized = size(stock, "150", room_of("100000", "100000"), "90000");
    CHECK(sized.quantity == Quantity::whole(200));
    CHECK(sized.limit == "new-entry cap");
    CHECK(size(stock, "150", room_of("100000", "100000"), "120000").quantity.is_zero());
    Headroom tight = room_of("100000", "100000");
    tight.gross_room = Money::of("1000");
    sized = size(stock, "150", tight);
    CHECK(sized.quantity == Quantity::whole(6));
    CHECK(sized.limit == "gross limit");
    // The minimum of one share does not beat a limit.
    tight.gross_room = Money::of("149.99");
    CHECK(size(stock, "150", tight).quantity.is_zero());
    // Nothing to spend, nothing to size; and a coin below its minimum notional is none.
    CHECK(size(stock, "150", room_of("0", "0")).quantity.is_zero());
    tight.gross_room = Money::of("9.99");
    CHECK(size(coin, "100", tight).quantity.is_zero());
    CHECK_THROWS_AS(size(stock, "0", tight), InvariantBroken);
}

TEST_CASE("fees stay free in buying power", "[strategy][sizing]") {
    SizingSettings settings;
    settings.entry_cost = Fraction::of("0.01");
    settings.portfolio_threshold = Fraction::of("2");
    const auto sized = simple_size(instrument_of("AAA", AssetClass::us_equity), Price::of("100"),
                                   room_of("100000", "10000"), {}, settings);
    CHECK(sized.quantity == Quantity::whole(99));
    const Headroom left = after_entry(room_of("100000", "10000"), Symbol("AAA"),
                                      Price::of("100") * sized.quantity, settings);
    CHECK(left.buying_power == Money::of("1"));
    CHECK(left.exposure_of(Symbol("AAA")) == Money::of("9900"));
    CHECK(left.equity == Money::of("100000"));
}

TEST_CASE("the correlation data set a symbol's own Kelly size", "[strategy][sizing]") {
    const Instrument stock = instrument_of("AAA", AssetClass::us_equity);
    const Headroom room = room_of("100000", "100000");
    const SizingSettings settings;
    const auto size = [&](SymbolStatistics statistics) {
        return kelly_quantity(stock, Price::of("100"), room, settings, statistics);
    };
    // Volatility 0.40 a year, 0.0252 a day; Sharpe 0.01 a day: full Kelly 0.397, half of it 0.198.
    CHECK(size({0.40, 0.01}).to_double() == Approx(198).margin(1));
    CHECK(size({0.40, -0.01}).to_double() == Approx(198).margin(1));  // its size, not its sign
    CHECK(size({0.40, 0.0}).is_zero());
    // No numbers: half of the leveraged buying power within the cap.
    CHECK(size({0.0, 1.0}) == Quantity::whole(750));
    CHECK(size({std::nan(""), 1.0}) == Quantity::whole(750));
    const Instrument coin = instrument_of("BTCUSD", AssetClass::crypto);
    CHECK(kelly_quantity(coin, Price::of("100"), room, settings, SymbolStatistics{}) ==
          Quantity::whole(500));
}

TEST_CASE("Kelly sizing spares the maxdiff family", "[strategy][sizing]") {
    const Instrument stock = instrument_of("AAA", AssetClass::us_equity);
    const Headroom room = room_of("100000", "100000");
    SizingSettings settings;
    settings.kelly = true;
    EntryFacts facts;
    facts.kelly_fraction = 0.15;
    const auto size = [&] {
        return size_entry(stock, Price::of("100"), room, {}, facts, settings);
    };
    CHECK(size().quantity == Quantity::whole(600));  // the simple rule and its cap
    facts.kelly_branch = true;
    CHECK(size().quantity == Quantity::whole(90));
    CHECK(size().limit == "kelly rule");
    facts.kelly_scale = 0.5;
    CHECK(size().quantity == Quantity::whole(45));
    facts.drawdown = 0.1;
    CHECK(size().quantity == Quantity::whole(45));  // no cap, no scale
    settings.kelly_drawdown_cap = 0.2;
    CHECK(size().quantity == Quantity::whole(22));
    settings.kelly_drawdown_min_scale = 0.8;
    CHECK(size().quantity == Quantity::whole(36));
    facts.kelly_fraction = 0;
    CHECK(size().quantity.is_zero());
    settings.kelly = false;
    CHECK(size().quantity == Quantity::whole(600));
}

TEST_CASE("probes are the minimum or nothing", "[strategy][sizing]") {
    const Instrument stock = instrument_of("AAA", AssetClass::us_equity);
    const Instrument coin = instrument_of("BTCUSD", AssetClass::crypto);
    EntryFacts facts;
    facts.probe = true;
    const SizingSettings settings;
    CHECK(size_entry(stock, Price::of("150"), room_of("100000", "100000"), {}, facts, settings)
              .quantity == Quantity::whole(1));
    CHECK(size_entry(coin, Price::of("60000"), room_of("100000", "100000"), {}, facts, settings)
              .quantity == Quantity::of("0.001"));
    CHECK(size_entry(stock, Price::of("150"), room_of("100000", "149"), {}, facts, settings)
              .quantity.is_zero());
    CHECK(size_entry(stock, Price::of("150"), room_of("100", "1000"), {}, facts, settings)
              .quantity.is_zero());  // beyond 60 % of equity
}

TEST_CASE("groups and further watchers have their own room", "[strategy][sizing]") {
    const Instrument stock = instrument_of("AAA", AssetClass::us_equity);
    Headroom room = room_of("100000", "1000000");
    room.gross_exposure = Money::of("70000");
    SizingSettings settings;
    settings.portfolio_threshold = Fraction::whole(2);
    EntryFacts facts;
    const auto size = [&] {
        return size_entry(stock, Price::of("100"), room, {}, facts, settings);
    };
    CHECK(size().quantity == Quantity::whole(600));
    facts.group_exposure = Money::of("55000");
    CHECK(size().quantity == Quantity::whole(250));
    CHECK(size().limit == "correlated group");
    facts.group_exposure = Money::of("80000");
    CHECK(size().quantity.is_zero());
    settings.group_cap = {};
    CHECK(size().quantity == Quantity::whole(600));
    // The sixteenth watcher needs projected gross exposure below the threshold.
    facts = {};
    facts.limit_entry = true;
    facts.watchers = 15;
    CHECK(size().quantity == Quantity::whole(600));  // 130,000 of 200,000
    room.gross_exposure = Money::of("150000");
    CHECK(size().quantity == Quantity::whole(495));  // 99 % of 50,000
    CHECK(size().limit == "further watchers");
    facts.watchers = 14;
    CHECK(size().quantity == Quantity::whole(600));
    facts.watchers = 15;
    facts.limit_entry = false;
    CHECK(size().quantity == Quantity::whole(600));
}

TEST_CASE("entries of a pass stay inside every limit", "[strategy][sizing][law]") {
    law("planned entries never exceed buying power, gross room, symbol cap or new-entry cap", [] {
        const auto whole = [](int lowest, int highest) {
            return Money::whole(*rc::gen::inRange(lowest, highest));
        };
        Headroom room;
        room.equity = whole(0, 200000);
        room.buying_power = whole(0, 400000);
        room.gross_room = whole(0, 400000);
        const Headroom start = room;
        SizingSettings settings;
        Money entered;
        for (int i = 0; i < 8; ++i) {
            const bool crypto = *rc::gen::arbitrary<bool>();
            const std::string name = "S" + std::to_string(*rc::gen::inRange(0, 4));
            const Instrument instrument =
                instrument_of(name.c_str(), crypto ? AssetClass::crypto : AssetClass::us_equity);
            const Price price =
                Price::from_units(*rc::gen::inRange<std::int64_t>(10'000'000, 90'000'000'000'000));
            EntryFacts facts;
            facts.kelly_branch = *rc::gen::arbitrary<bool>();
            facts.kelly_fraction = *rc::gen::inRange(0, 200) * 0.01;
            facts.probe = *rc::gen::inRange(0, 5) == 0;
            facts.limit_entry = true;
            facts.watchers = *rc::gen::inRange<std::uint32_t>(0, 20);
            settings.kelly = *rc::gen::arbitrary<bool>();
            const auto sized = size_entry(instrument, price, room, entered, facts, settings);
            RC_ASSERT(sized.quantity.sign() >= 0);
            RC_ASSERT(is_multiple_of(sized.quantity, market::sizing_lot(instrument)));
            const Money notional = price * sized.quantity;
            room = after_entry(room, instrument.symbol, notional, settings);
            entered = entered + notional;
            RC_ASSERT(entered <= start.buying_power);
            RC_ASSERT(entered <= start.gross_room);
            RC_ASSERT(entered <= share_of(start.equity, settings.new_entry_cap));
            RC_ASSERT(room.exposure_of(instrument.symbol) <=
                      share_of(start.equity, settings.symbol_cap));
        }
    });
}
