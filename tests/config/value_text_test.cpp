#include "config/value_text.hpp"

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::config;
using tradewind::test::law;

TEST_CASE("booleans have eight spellings and no others", "[config]") {
    for (const std::string text : {"1", "true", "yes", "on", "TRUE", "Yes"}) {
        bool value = false;
        CHECK(parse(text, value).empty());
        CHECK(value);
    }
    for (const std::string text : {"0", "false", "no", "off", "FALSE"}) {
        bool value = true;
        CHECK(parse(text, value).empty());
        CHECK_FALSE(value);
    }
    for (const std::string text : {"", "2", "ja", " 1", "1 ", "truee"}) {
        bool value = true;
        CHECK_FALSE(parse(text, value).empty());
        CHECK(value);  // a refused text leaves the target alone
    }
}

TEST_CASE("numbers are whole texts", "[config]") {
    std::int64_t whole = 7;
    for (const std::string text : {"", "1.0", "1x", " 1", "+1", "9223372036854775808", "0x10"})
        CHECK_FALSE(parse(text, whole).empty());
    CHECK(whole == 7);
    double number = 7;
    for (const std::string text : {"", "nan", "inf", "1e999", "1,5", "0.5 "})
        CHECK_FALSE(parse(text, number).empty());
    CHECK(number == 7);
    Fraction fraction;
    for (const std::string text : {"", "1e-3", "0.0000000001", ".", "10000000000"})
        CHECK_FALSE(parse(text, fraction).empty());
}

TEST_CASE("lists drop spaces and empty items", "[config]") {
    std::vector<std::string> items;
    CHECK(parse(" A, B,,C ,", items).empty());
    CHECK(items == std::vector<std::string>{"A", "B", "C"});
    CHECK(parse("", items).empty());
    CHECK(items.empty());
    CHECK_FALSE(parse("A,B\n", items).empty());
}

TEST_CASE("what is rendered reads back equal", "[config]") {
    law("whole numbers", [](std::int64_t value) {
        std::int64_t back = 0;
        RC_ASSERT(parse(render(value), back).empty());
        RC_ASSERT(back == value);
    });
    law("numbers", [](double value) {
        RC_PRE(std::isfinite(value));
        double back = 0;
        RC_ASSERT(parse(render(value), back).empty());
        RC_ASSERT(back == value);
    });
    law("fractions", [](std::int64_t units) {
        RC_PRE(units != std::numeric_limits<std::int64_t>::min());
        const auto value = Fraction::from_units(units);
        Fraction back;
        RC_ASSERT(parse(render(value), back).empty());
        RC_ASSERT(back == value);
    });
}
