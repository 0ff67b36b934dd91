// The explanation of a fill, an order or a decision: fill <- order <- verdict <- decision <-
// forecast. Reads a run folder or a state folder without changing it. Any thread. Errors: Error
// usage for an unknown id (with the nearest known ones), Error corrupt for a broken store.
#pragma once

#include <filesystem>
#include <string>

namespace tradewind::ledger {

// `id` is a fill_id, an order_id, a decision_id or a trade_id (its opening fill). Text for a
// terminal, or one JSON object.
[[nodiscard]] std::string explain_text(const std::filesystem::path& folder, const std::string& id);
[[nodiscard]] std::string explain_json(const std::filesystem::path& folder, const std::string& id);

}  // namespace tradewind::ledger
