#include "market/instruments.hpp"

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::market;

TEST_CASE("the spelling of a symbol implies its class") {
    const std::pair<const char*, AssetClass> rows[] = {
        {"AAPL", AssetClass::us_equity},    {"BTCUSD", AssetClass::crypto},
        {"BTCUSDT", AssetClass::crypto},    {"SUIUSDC", AssetClass::crypto},
        {"EURUSD", AssetClass::us_equity},  {"GBPUSD", AssetClass::us_equity},
        {"XAUUSD", AssetClass::us_equity},  {"USD", AssetClass::us_equity},
        {"USDT", AssetClass::us_equity},    {"USDTUSD", AssetClass::crypto},
        {"JPYUSDT", AssetClass::us_equity}, {"btcusd", AssetClass::us_equity},
        {"BTCEUR", AssetClass::us_equity},  {"1INCHUSD", AssetClass::crypto},
    };
    for (const auto& [symbol, expected] : rows) {
        INFO(symbol);
        CHECK(asset_class_of(Symbol(symbol)) == expected);
    }
}

TEST_CASE("default instruments follow the broker's rules") {
    const auto stock = default_instrument(Symbol("MSFT"), AssetClass::us_equity);
    CHECK(tick_at(stock, Price::of("1")) == Price::of("0.01"));
    CHECK(tick_at(stock, Price::of("0.9999")) == Price::of("0.0001"));
    CHECK(stock.lot == Quantity::whole(1));
    CHECK(stock.minimum_notional == Money::whole(1));
    CHECK(stock.shortable);
    CHECK(passive_price(stock, Price::of("10.019"), Passive::buy) == Price::of("10.01"));
    CHECK(passive_price(stock, Price::of("10.011"), Passive::sell) == Price::of("10.02"));
    const auto coin = default_instrument(Symbol("BTCUSD"), AssetClass::crypto);
    CHECK_FALSE(coin.shortable);
    CHECK(coin.allows(TimeInForce::gtc));
    CHECK(coin.allows(TimeInForce::ioc));
    CHECK_FALSE(coin.allows(TimeInForce::day));
    CHECK(coin.minimum_notional == Money::whole(10));
    CHECK(sizing_lot(coin) == Quantity::of("0.001"));
    CHECK(sizing_lot(stock) == Quantity::whole(1));
    const auto generic = default_instrument(Symbol("MSFT"), AssetClass::generic);
    CHECK(generic.lot == Quantity::of("0.00000001"));
    CHECK(sizing_lot(generic) == generic.lot);
}

TEST_CASE("a stated instrument wins, the calendar stays with the symbol when generic") {
    InstrumentTable table;
    CHECK(table.get(Symbol("BTCUSD")).asset_class == AssetClass::crypto);
    CHECK(table.get_generic(Symbol("BTCUSD")).asset_class == AssetClass::generic);
    CHECK(table.calendar(Symbol("BTCUSD")) == TradingCalendar::utc_days);
    table.set(default_instrument(Symbol("BTCUSD"), AssetClass::generic));
    CHECK(table.get(Symbol("BTCUSD")).asset_class == AssetClass::generic);
    CHECK(table.calendar(Symbol("BTCUSD")) == TradingCalendar::utc_days);
    table.set(default_instrument(Symbol("GBTC"), AssetClass::crypto));
    CHECK(table.calendar(Symbol("GBTC")) == TradingCalendar::utc_days);
    CHECK(table.calendar(Symbol("MSFT")) == TradingCalendar::nyse);
}
