#include "market/catalog/instruments_file.hpp"

#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

std::string error_of(const char* text) {
    try {
        (void)parse_instruments(text, "rules.toml");
    } catch (const Error& e) {
        CHECK(e.kind() == ErrorKind::usage);
        return e.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("an instruments file states what differs from the class") {
    const auto table = parse_instruments(
        "[AAPL]\ntick = \"0.05\"\nlot = 100\nshortable = false\ntimes_in_force = [\"day\"]\n"
        "[BTCUSD]\nlot = 0.001\n[EURUSD]\nasset_class = \"generic\"\nminimum_notional = 0\n",
        "rules.toml");
    const auto apple = table.get(Symbol("AAPL"));
    CHECK(apple.asset_class == AssetClass::us_equity);
    CHECK(apple.tick == Price::of("0.05"));
    CHECK(apple.lot == Quantity::whole(100));
    CHECK_FALSE(apple.shortable);
    CHECK(apple.allows(TimeInForce::day));
    CHECK_FALSE(apple.allows(TimeInForce::gtc));
    const auto coin = table.get(Symbol("BTCUSD"));
    CHECK(coin.asset_class == AssetClass::crypto);
    CHECK(coin.lot == Quantity::of("0.001"));
    CHECK(coin.minimum_notional == Money::whole(10));
    CHECK(table.get(Symbol("EURUSD")).asset_class == AssetClass::generic);
    CHECK(table.find(Symbol("MSFT")) == nullptr);
}

TEST_CASE("faults of an instruments file name the line and the key") {
    const std::pair<const char*, const char*> rows[] = {
        {"[AAPL]\ntick = 0\n", "rules.toml:2): `tick` is not a positive decimal"},
        {"[AAPL]\ntick = \"x\"\n", "`tick`"},
        {"[AAPL]\ntik = 1\n", "rules.toml:2): `tik` is unknown"},
        {"[AAPL]\nshortable = 1\n", "`shortable` is neither"},
        {"[AAPL]\nasset_class = \"bond\"\n", "`asset_class` is not"},
        {"[AAPL]\ntimes_in_force = [\"never\"]\n", "`times_in_force` holds"},
        {"AAPL = 1\n", "is no table"},
        {"[AAPL\n", "rules.toml:1"},
    };
    for (const auto& [text, expected] : rows) {
        const auto message = error_of(text);
        INFO(message);
        CHECK(message.find(expected) != std::string::npos);
    }
    CHECK_THROWS_AS(read_instruments("/no/such/rules.toml"), Error);
}
