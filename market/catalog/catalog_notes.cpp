#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>

#include "market/catalog/bar_reader.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

std::string place(const std::string& path, const toml::node& node) {
    return path + ":" + std::to_string(node.source().begin.line);
}

[[noreturn]] void refuse(const std::string& where, const std::string& why,
                         const std::string& remedy = {}) {
    throw Error(ErrorKind::data, "catalog.toml", where, why, remedy);
}

Symbol symbol_of(const std::string& path, const toml::node& node, std::string_view text) {
    if (!Symbol::valid(text)) {
        refuse(place(path, node), "`" + std::string(text) + "` is no symbol");
    }
    return Symbol(text);
}

void read_adjusted(const std::string& path, const toml::node& node, CatalogNotes& notes) {
    if (const auto* flag = node.as_boolean()) {
        notes.all_adjusted = flag->get();
        return;
    }
    const auto* list = node.as_array();
    if (list == nullptr) {
        refuse(place(path, node), "`adjusted` is neither true, false nor a list of symbols");
    }
    for (const auto& entry : *list) {
        const auto text = entry.value<std::string_view>();
        if (!text) refuse(place(path, entry), "`adjusted` lists symbols as text");
        notes.adjusted.push_back(symbol_of(path, entry, *text));
    }
}

std::optional<Date> date_of_node(const toml::node& node) {
    if (const auto* date = node.as_date()) {
        const auto& d = date->get();
        return parse_date(format_date(date_of(d.year, d.month, d.day)));
    }
    const auto text = node.value<std::string_view>();
    return text ? parse_date(*text) : std::nullopt;
}

void read_moves(const std::string& path, const toml::node& node, CatalogNotes& notes) {
    const auto* table = node.as_table();
    if (table == nullptr) refuse(place(path, node), "`accepted_moves` is no table");
    for (const auto& [key, value] : *table) {
        const auto* list = value.as_array();
        if (list == nullptr) {
            refuse(place(path, value), "accepted moves are a list of dates",
                   "write NVDA = [\"2024-06-10\"]");
        }
        auto& dates = notes.accepted_moves[symbol_of(path, value, key.str())];
        for (const auto& entry : *list) {
            const auto date = date_of_node(entry);
            if (!date) refuse(place(path, entry), "not a date YYYY-MM-DD");
            dates.push_back(*date);
        }
        std::sort(dates.begin(), dates.end());
    }
}

}  // namespace

bool CatalogNotes::is_adjusted(const Symbol& symbol) const {
    return all_adjusted || std::find(adjusted.begin(), adjusted.end(), symbol) != adjusted.end();
}

CatalogNotes read_catalog_notes(const std::string& folder) {
    CatalogNotes notes;
    const auto path = (std::filesystem::path(folder) / "catalog.toml").string();
    if (!std::filesystem::exists(path)) return notes;
    toml::table table;
    try {
        table = toml::parse_file(path);
    } catch (const toml::parse_error& e) {
        refuse(path + ":" + std::to_string(e.source().begin.line), std::string(e.description()));
    }
    for (const auto& [key, value] : table) {
        if (key.str() == "adjusted") {
            read_adjusted(path, value, notes);
        } else if (key.str() == "accepted_moves") {
            read_moves(path, value, notes);
        } else {
            refuse(place(path, value), "unknown key `" + std::string(key.str()) + "`",
                   "known keys: adjusted, accepted_moves");
        }
    }
    return notes;
}

}  // namespace tradewind::market
