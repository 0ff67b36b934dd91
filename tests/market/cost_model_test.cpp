#include "market/cost_model.hpp"

#include "market/instruments.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::market;

TEST_CASE("presets hold the published numbers") {
    const auto november = *cost_preset("era-2025-11");
    CHECK(november.fee_rate(AssetClass::us_equity, Liquidity::taker) == Fraction::of("0.0005"));
    CHECK(november.fee_rate(AssetClass::crypto, Liquidity::maker) == Fraction::of("0.001"));
    CHECK(november.fee_rate(AssetClass::crypto, Liquidity::taker) == Fraction::of("0.0025"));
    CHECK(november.fee_sides == 1);
    CHECK_FALSE(november.conservative_intrabar);
    const auto december = *cost_preset("era-2025-12");
    CHECK(december.fee_rate(AssetClass::us_equity, Liquidity::maker) == Fraction::of("0.0000278"));
    CHECK(december.fee_rate(AssetClass::crypto, Liquidity::maker) == Fraction::of("0.008"));
    const auto realistic = *cost_preset("realistic");
    for (const auto asset_class : {AssetClass::us_equity, AssetClass::crypto}) {
        CHECK(realistic.fee_rate(asset_class, Liquidity::maker) == Fraction::of("0.001"));
        CHECK(realistic.of(asset_class).fill_buffer == Fraction::of("0.0005"));
        CHECK(realistic.of(asset_class).financing_per_year == Fraction::of("0.0625"));
    }
    CHECK(realistic.decision_lag == 2);
    CHECK(realistic.fee_sides == 2);
    CHECK(realistic.binary_fills);
    CHECK_FALSE(cost_preset("era-2024"));
}

TEST_CASE("financing accrues by time and day count") {
    // Twice leveraged on 100,000: one day at 6.5 % / 252 is 25.79.
    const Money day = accrued(Money::whole(100'000), Fraction::of("0.065"), 252, kDay);
    CHECK(round_half_even(day, 2) == Money::of("25.79"));
    CHECK(accrued(Money::whole(-5), Fraction::of("0.065"), 252, kDay).is_zero());
    CHECK(accrued(Money::whole(252), Fraction::of("0.1"), 252, kDay) == Money::of("0.1"));
    CHECK(accrued(Money::whole(252), Fraction::of("0.1"), 252, kDay / 4) == Money::of("0.025"));
    test::law("the parts of a time cost what the whole costs", [](std::uint32_t cents) {
        const Money amount = Money::from_units(static_cast<int128>(cents) * Money::kOne / 100);
        const auto rate = Fraction::of("0.0625");
        const auto seconds = *rc::gen::inRange<std::int64_t>(1, 86'399);
        const Money parts = accrued(amount, rate, 252, seconds * kSecond) +
                            accrued(amount, rate, 252, kDay - seconds * kSecond);
        RC_ASSERT((parts - accrued(amount, rate, 252, kDay)).abs() <= Money::from_units(2));
    });
}

TEST_CASE("a modelled quote lies around the close, on the tick, and says what it is") {
    const auto stock = default_instrument(Symbol("MSFT"), AssetClass::us_equity);
    const auto quote = modelled_quote(stock, *cost_preset("realistic"), Price::of("406.32"), {7});
    CHECK(quote.modelled);
    CHECK(quote.time.ns == 7);
    CHECK(quote.bid == Price::of("406.23"));
    CHECK(quote.ask == Price::of("406.41"));
    const auto free = modelled_quote(stock, *cost_preset("free"), Price::of("406.32"), {});
    CHECK(free.bid == free.ask);
    test::law("bid <= close <= ask, valid, on the tick", [](std::uint32_t units) {
        const Price close = Price::from_units(1 + units * std::int64_t{1'000});
        for (const auto asset_class :
             {AssetClass::us_equity, AssetClass::crypto, AssetClass::generic}) {
            const auto instrument = default_instrument(Symbol("X"), asset_class);
            const auto q = modelled_quote(instrument, *cost_preset("realistic"), close, {});
            RC_ASSERT(q.valid());
            RC_ASSERT(q.ask >= close);
            RC_ASSERT(q.bid <= close || q.bid == tick_at(instrument, q.bid));
            RC_ASSERT(q.ask.units() % tick_at(instrument, q.ask).units() == 0);
        }
    });
}
