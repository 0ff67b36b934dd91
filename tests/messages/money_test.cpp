#include "messages/money.hpp"

#include "messages/symbol.hpp"
#include "tests/catch.hpp"

using namespace tradewind;

TEST_CASE("decimals parse and print without loss") {
    for (const char* text :
         {"0", "1", "-1", "0.1", "-0.000000001", "123456.789", "9223372036.854775807"}) {
        CHECK(Price::of(text).to_string() == text);
    }
    CHECK(Money::of("170141183460469231731.687303715884105727").to_string() ==
          "170141183460469231731.687303715884105727");
    CHECK(Money::of("100000000000000000000").to_string() == "100000000000000000000");
    CHECK(Price::of("+1.500").to_string() == "1.5");
    CHECK(Price::of("-0").to_string() == "0");
    CHECK(Price::of(".5").to_string() == "0.5");
    for (const char* bad : {"", "-", ".", "1e5", "1.2.3", " 1", "1 ", "nan", "0x1", "1,5",
                            "0.0000000001", "9223372036.854775808", "--1"}) {
        INFO(bad);
        CHECK_FALSE(Price::parse(bad));
    }
}

TEST_CASE("a price times a quantity is exact") {
    CHECK((Price::of("0.000000001") * Quantity::of("0.000000001")).to_string() ==
          "0.000000000000000001");
    CHECK((Price::of("52.74334") * Quantity::of("-10")).to_string() == "-527.4334");
    CHECK_THROWS_AS(Price::of("9000000000") * Quantity::of("100000000000"), DecimalOverflow);
}

TEST_CASE("fees round once, half to even, at the eighth decimal") {
    CHECK(fee_of(Money::of("527.4334"), Fraction::of("0.001")).to_string() == "0.5274334");
    CHECK(fee_of(Money::of("0.00000005"), Fraction::of("0.1")).to_string() == "0");
    CHECK(fee_of(Money::of("0.00000015"), Fraction::of("0.1")).to_string() == "0.00000002");
    CHECK(fee_of(Money::of("0.000000150000000001"), Fraction::of("0.1")).to_string() ==
          "0.00000002");
    CHECK(fee_of(Money::of("0.000000050000000001"), Fraction::of("0.1")).to_string() ==
          "0.00000001");
    CHECK(fee_of(Money::of("-100"), Fraction::of("0.0000278")).to_string() == "0.00278");
}

TEST_CASE("rounding has a name and a direction") {
    CHECK(floor_to_lot(Quantity::of("-1.7"), Quantity::of("1")) == Quantity::of("-1"));
    CHECK(floor_to_lot(Quantity::of("0.98399"), Quantity::of("0.001")) == Quantity::of("0.983"));
    CHECK(floor_to_tick(Price::of("10.019"), Price::of("0.01")) == Price::of("10.01"));
    CHECK(ceil_to_tick(Price::of("10.011"), Price::of("0.01")) == Price::of("10.02"));
    CHECK(nearest_tick(Price::of("10.015"), Price::of("0.01")) == Price::of("10.02"));
    CHECK(nearest_tick(Price::of("10.025"), Price::of("0.01")) == Price::of("10.02"));
    CHECK(ratio(Money::of("1"), Money::of("3")).to_string() == "0.33333333");
    CHECK(ratio(Money::of("-2"), Money::of("3")).to_string() == "-0.66666667");
    CHECK(average_price(Money::of("10"), Quantity::of("3")).to_string() == "3.33333333");
    CHECK(round_half_even(Money::of("1.005"), 2).to_string() == "1");
    CHECK(affordable(Money::of("100"), Price::of("33"), Quantity::of("1")) == Quantity::of("3"));
    CHECK(price_of(0.1).to_string() == "0.1");
}

// One digit at a time, from the end.
static std::string long_division(bool negative, uint128 magnitude, int digits) {
    const bool minus = negative && magnitude != 0;
    std::string text;
    for (int place = 0; place < digits || magnitude != 0 || place == digits; ++place) {
        if (place == digits) text.insert(text.begin(), '.');
        text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(magnitude % 10)));
        magnitude /= 10;
    }
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return (minus ? "-" : "") + text;
}

TEST_CASE("laws of money") {
    using tradewind::test::law;
    law("text round trip", [](std::int64_t units) {
        const auto price = Price::from_units(units);
        RC_ASSERT(Price::of(price.to_string()) == price);
    });
    law("128-bit text round trip", [](std::int64_t high, std::uint64_t low) {
        const auto units = static_cast<int128>(high) * 1'000'000'000'000'000'000 +
                           static_cast<std::int64_t>(low >> 2);
        const auto money = Money::from_units(units);
        RC_ASSERT(Money::of(money.to_string()) == money);
    });
    law("the text is that of long division, for values of every width", [](std::uint64_t high,
                                                                           std::uint64_t low) {
        const auto width = *rc::gen::inRange(1, 128);
        const auto all = (static_cast<uint128>(high) << 64U) | low;
        const auto magnitude = all >> (128 - width);
        const bool negative = *rc::gen::arbitrary<bool>();
        const int digits = *rc::gen::element(8, 9, 18);
        const auto units = static_cast<int128>(magnitude);
        char text[48];
        const std::string written(text, decimal::format(text, negative ? -units : units, digits));
        RC_ASSERT(written == long_division(negative, magnitude, digits));
    });
    law("half-even division is nearest, ties to even", [](std::int64_t a, std::int32_t b) {
        RC_PRE(b != 0);
        const auto q = decimal::divide_half_even(a, b);
        const auto rest = static_cast<int128>(a) - q * b;
        const auto twice = (rest < 0 ? -rest : rest) * 2;
        const auto size = b < 0 ? -static_cast<int128>(b) : static_cast<int128>(b);
        RC_ASSERT(twice <= size);
        if (twice == size) {
            RC_ASSERT(q % 2 == 0);
        }
    });
    law("a fee equals the exact product rounded once", [](std::int32_t cents, std::uint16_t rate) {
        const auto notional = Money::from_units(static_cast<int128>(cents) * 1'000'000'000'000'000);
        const auto fee = fee_of(notional, Fraction::from_units(rate));
        const int128 exact =
            (cents < 0 ? -static_cast<int128>(cents) : cents) * int128{rate};  // 1e-12
        RC_ASSERT(fee.units() == decimal::divide_half_even(exact, 10'000) * 10'000'000'000);
    });
    law("a floored quantity is a multiple and not larger",
        [](std::int64_t units, std::uint16_t lot) {
            RC_PRE(lot > 0);
            const auto quantity = Quantity::from_units(units);
            const auto floored = floor_to_lot(quantity, Quantity::from_units(lot));
            RC_ASSERT(is_multiple_of(floored, Quantity::from_units(lot)));
            RC_ASSERT(floored.abs() <= quantity.abs());
            RC_ASSERT((quantity - floored).abs() < Quantity::from_units(lot));
        });
    law("sums are associative", [](std::int32_t a, std::int32_t b, std::int32_t c) {
        const auto x = Money::from_units(a), y = Money::from_units(b), z = Money::from_units(c);
        RC_ASSERT((x + y) + z == x + (y + z));
        RC_ASSERT(x - y == -(y - x));
    });
    CHECK_THROWS_AS(Price::from_units(INT64_MAX) + Price::from_units(1), DecimalOverflow);
}

TEST_CASE("symbols keep their text and order") {
    CHECK(Symbol("BTCUSD").view() == "BTCUSD");
    CHECK(Symbol("A") < Symbol("AA"));
    CHECK(Symbol("AAPL") < Symbol("AMZN"));
    CHECK_FALSE(Symbol::valid(""));
    CHECK_FALSE(Symbol::valid("a symbol"));
    CHECK_FALSE(Symbol::valid("A123456789012345678901234"));
    CHECK(Symbol("A1234567890123456789012").view().size() == 23);
}
