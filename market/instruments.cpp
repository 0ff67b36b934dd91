#include "market/instruments.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace tradewind::market {
namespace {

// ISO 4217 codes, funds and metals included, and those withdrawn within living series.
constexpr std::string_view kCurrencies[] = {
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "ATS", "AUD", "AWG", "AZN", "BAM", "BBD",
    "BDT", "BEF", "BGN", "BHD", "BIF", "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP",
    "BYN", "BYR", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CLF", "CLP", "CNH", "CNY", "COP",
    "COU", "CRC", "CUC", "CUP", "CVE", "CYP", "CZK", "DEM", "DJF", "DKK", "DOP", "DZD", "EEK",
    "EGP", "ERN", "ESP", "ETB", "EUR", "FIM", "FJD", "FKP", "FRF", "GBP", "GEL", "GHS", "GIP",
    "GMD", "GNF", "GRD", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF", "IDR", "IEP", "ILS",
    "INR", "IQD", "IRR", "ISK", "ITL", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW",
    "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LTL", "LVL", "LYD", "MAD",
    "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR",
    "MZN", "NAD", "NGN", "NIO", "NLG", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP",
    "PKR", "PLN", "PTE", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG",
    "SEK", "SGD", "SHP", "SIT", "SKK", "SLE", "SLL", "SOS", "SRD", "SSP", "STN", "SVC", "SYP",
    "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD",
    "USN", "UYI", "UYU", "UYW", "UZS", "VED", "VEF", "VES", "VND", "VUV", "WST", "XAF", "XAG",
    "XAU", "XCD", "XCG", "XDR", "XOF", "XPD", "XPF", "XPT", "XSU", "XUA", "YER", "ZAR", "ZMW",
    "ZWG", "ZWL"};
static_assert(std::is_sorted(std::begin(kCurrencies), std::end(kCurrencies)));

constexpr std::array<const char*, 3> kClassNames = {"generic", "us_equity", "crypto"};

std::uint8_t bit(TimeInForce tif) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(tif));
}

}  // namespace

bool is_iso_currency(std::string_view code) {
    return std::binary_search(std::begin(kCurrencies), std::end(kCurrencies), code);
}

AssetClass asset_class_of(const Symbol& symbol) {
    const auto text = symbol.view();
    for (const std::string_view quote : {"USD", "USDT", "USDC"}) {
        if (text.size() > quote.size() && text.ends_with(quote) &&
            !is_iso_currency(text.substr(0, text.size() - quote.size()))) {
            return AssetClass::crypto;
        }
    }
    return AssetClass::us_equity;
}

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
