#include "market/instruments.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace tradewind::market {
namespace {

constexpr std::array<const char*, 3> kClassNames = {"generic", "us_equity", "crypto"};

std::uint8_t bit(TimeInForce tif) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(tif));
}

}  // namespace

std::optional<AssetClass> asset_class_named(std::string_view text) {
    for (std::size_t i = 0; i < kClassNames.size(); ++i) {
        if (text == kClassNames[i]) return static_cast<AssetClass>(i);
    }
    return std::nullopt;
}

const char* to_text(AssetClass asset_class) {
    return kClassNames[static_cast<std::size_t>(asset_class)];
}

Instrument default_instrument(const Symbol& symbol, AssetClass asset_class) {
    Instrument instrument;
    instrument.symbol = symbol;
    instrument.asset_class = asset_class;
    if (asset_class == AssetClass::us_equity) {
        instrument.tick = Price::of("0.01");
        instrument.lot = Quantity::whole(1);
        instrument.minimum_notional = Money::whole(1);
        instrument.fractionable = false;
    } else if (asset_class == AssetClass::crypto) {
        instrument.lot = Quantity::from_units(1);
        instrument.minimum_notional = Money::whole(10);
        instrument.shortable = false;
        instrument.times_in_force = bit(TimeInForce::gtc) | bit(TimeInForce::ioc);
    }
    return instrument;
}

Price tick_at(const Instrument& instrument, Price price) {
    const Price cent = Price::from_units(10'000'000);
    if (instrument.asset_class == AssetClass::us_equity && instrument.tick == cent &&
        price < Price::whole(1)) {
        return Price::from_units(100'000);
    }
    return instrument.tick;
}

Price passive_price(const Instrument& instrument, Price price, Passive side) {
    const Price tick = tick_at(instrument, price);
    return side == Passive::buy ? floor_to_tick(price, tick) : ceil_to_tick(price, tick);
}

Quantity sizing_lot(const Instrument& instrument) {
    Quantity lot = instrument.lot;
    if (instrument.asset_class == AssetClass::us_equity && !instrument.fractionable) {
        lot = std::max(lot, Quantity::whole(1));
    } else if (instrument.asset_class == AssetClass::crypto) {
        lot = std::max(lot, Quantity::of("0.001"));
    }
    return lot;
}

void InstrumentTable::set(const Instrument& instrument) {
    instruments_.insert_or_assign(instrument.symbol, instrument);
}

const Instrument* InstrumentTable::find(const Symbol& symbol) const {
    const auto found = instruments_.find(symbol);
    return found == instruments_.end() ? nullptr : &found->second;
}

Instrument InstrumentTable::get(const Symbol& symbol) const {
    const auto* stated = find(symbol);
    return stated != nullptr ? *stated : default_instrument(symbol, asset_class_of(symbol));
}

Instrument InstrumentTable::get_generic(const Symbol& symbol) const {
    const auto* stated = find(symbol);
    return stated != nullptr ? *stated : default_instrument(symbol, AssetClass::generic);
}

TradingCalendar InstrumentTable::calendar(const Symbol& symbol) const {
    const auto* stated = find(symbol);
    const bool decided = stated != nullptr && stated->asset_class != AssetClass::generic;
    return calendar_of(decided ? stated->asset_class : asset_class_of(symbol));
}

}  // namespace tradewind::market
