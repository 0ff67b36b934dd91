#include "ledger/table_export.hpp"

#include <algorithm>

#include "ledger/event_store.hpp"

namespace tradewind::ledger {
namespace {

constexpr std::string_view kTimes[] = {"time", "closed_time", "entry_time", "exit_time"};
constexpr std::string_view kTexts[] = {"order_id",      "decision_id", "fill_id",     "trade_id",
                                       "symbol",        "side",        "type",        "status",
                                       "time_in_force", "reason",      "exit_reason", "outcome",
                                       "series",        "strategy",    "model",       "input_hash"};

template <std::size_t Count>
bool is_among(std::string_view name, const std::string_view (&names)[Count]) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_real(std::string_view name) {
    return name == "score" || (name.size() == 3 && name[0] == 'q' && name[2] == '0');
}

}  // namespace

std::vector<ColumnDescription> columns_of(const CsvColumns& table) {
    std::vector<ColumnDescription> columns;
    std::string_view rest = table.header;
    while (!rest.empty()) {
        const auto name = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        auto kind = ColumnKind::decimal;
        if (is_among(name, kTimes)) kind = ColumnKind::time;
        if (is_among(name, kTexts)) kind = ColumnKind::text;
        if (is_real(name)) kind = ColumnKind::real;
        columns.push_back({name, kind});
    }
    return columns;
}

void write_state_tables(const std::filesystem::path& state_folder, const std::filesystem::path& out,
                        std::optional<Timestamp> end) {
    const auto store = read_store(state_folder / kStoreFile, false);
    (void)write_orders(out, store.state, end.value_or(store.state.last_time()));
    (void)write_fills(out, store.state);
    (void)write_trades(out, store.state);
    (void)write_decisions(out, store.state);
}

}  // namespace tradewind::ledger
