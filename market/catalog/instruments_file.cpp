#include "market/catalog/instruments_file.hpp"

#include <toml++/toml.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include "messages/error.hpp"
#include "messages/order.hpp"

namespace tradewind::market {
namespace {

constexpr const char* kKnownKeys =
    "known keys: asset_class, tick, lot, minimum_notional, shortable, fractionable, tradable, "
    "times_in_force";

class Reader {
  public:
    Reader(const std::string& source, const std::string& symbol)
        : source_(source), symbol_(symbol) {}

    Instrument read(const toml::table& table) {
        const Symbol symbol(symbol_);
        AssetClass asset_class = asset_class_of(symbol);
        if (const auto* node = table.get("asset_class")) asset_class = class_of(*node);
        Instrument instrument = default_instrument(symbol, asset_class);
        for (const auto& [key, node] : table) set(instrument, std::string(key.str()), node);
        return instrument;
    }

  private:
    [[noreturn]] void refuse(const toml::node& node, const std::string& key, const std::string& why,
                             const std::string& remedy = {}) const {
        throw Error(ErrorKind::usage, "instrument " + symbol_,
                    source_ + ":" + std::to_string(node.source().begin.line),
                    "`" + key + "` " + why, remedy);
    }
    AssetClass class_of(const toml::node& node) const {
        const auto text = node.value<std::string_view>();
        const auto asset_class = text ? asset_class_named(*text) : std::nullopt;
        if (!asset_class) refuse(node, "asset_class", "is not us_equity, crypto or generic");
        return *asset_class;
    }
    template <class Number>
    Number number(const toml::node& node, const std::string& key, bool zero_allowed) const {
        std::string text;
        if (const auto* value = node.as_string()) {
            text = value->get();
        } else if (const auto* integer = node.as_integer()) {
            text = std::to_string(integer->get());
        } else if (const auto* real = node.as_floating_point()) {
            char buffer[400];
            const auto end = std::to_chars(buffer, buffer + sizeof buffer, real->get(),
                                           std::chars_format::fixed);
            text.assign(buffer, end.ptr);
        }
        const auto value = Number::parse(text);
        if (!value || value->sign() < 0 || (!zero_allowed && value->is_zero())) {
            refuse(node, key, "is not a positive decimal");
        }
        return *value;
    }
    bool flag(const toml::node& node, const std::string& key) const {
        const auto* value = node.as_boolean();
        if (value == nullptr) refuse(node, key, "is neither true nor false");
        return value->get();
    }
    std::uint8_t times(const toml::node& node, const std::string& key) const {
        const auto* list = node.as_array();
        if (list == nullptr) refuse(node, key, "is no list");
        std::uint8_t bits = 0;
        for (const auto& entry : *list) {
            const auto text = entry.value<std::string_view>();
            const auto tif = text ? time_in_force_of(*text) : std::nullopt;
            if (!tif) refuse(entry, key, "holds a word that is not day, gtc, ioc, fok, opg or cls");
            bits |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(*tif));
        }
        return bits;
    }
    void set(Instrument& instrument, const std::string& key, const toml::node& node) const {
        if (key == "asset_class") return;
        if (key == "tick") {
            instrument.tick = number<Price>(node, key, false);
        } else if (key == "lot") {
            instrument.lot = number<Quantity>(node, key, false);
        } else if (key == "minimum_notional") {
            instrument.minimum_notional = number<Money>(node, key, true);
        } else if (key == "shortable") {
            instrument.shortable = flag(node, key);
        } else if (key == "fractionable") {
            instrument.fractionable = flag(node, key);
        } else if (key == "tradable") {
            instrument.tradable = flag(node, key);
        } else if (key == "times_in_force") {
            instrument.times_in_force = times(node, key);
        } else {
            refuse(node, key, "is unknown", kKnownKeys);
        }
    }

    const std::string& source_;
    const std::string& symbol_;
};

}  // namespace

InstrumentTable parse_instruments(std::string_view text, const std::string& source) {
    toml::table file;
    try {
        file = toml::parse(text, source);
    } catch (const toml::parse_error& e) {
        throw Error(ErrorKind::usage, "instruments file",
                    source + ":" + std::to_string(e.source().begin.line),
                    std::string(e.description()));
    }
    InstrumentTable table;
    for (const auto& [key, node] : file) {
        const std::string symbol(key.str());
        const auto where = source + ":" + std::to_string(node.source().begin.line);
        if (!Symbol::valid(symbol)) {
            throw Error(ErrorKind::usage, "instruments file", where,
                        "`" + symbol + "` is no symbol");
        }
        const auto* rules = node.as_table();
        if (rules == nullptr) {
            throw Error(ErrorKind::usage, "instruments file", where, "`" + symbol + "` is no table",
                        "write [" + symbol + "] and its keys below");
        }
        table.set(Reader(source, symbol).read(*rules));
    }
    return table;
}

InstrumentTable read_instruments(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        throw Error(ErrorKind::usage, "instruments file", path,
                    file ? "it is empty or cannot be read" : std::strerror(errno));
    }
    return parse_instruments(text.str(), path);
}

}  // namespace tradewind::market
