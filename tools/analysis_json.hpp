// The JSON of `analyze`: one object a symbol, one for the portfolio. Pure; keys in a fixed order;
// decimals are text, model values numbers, what does not exist null. Source: contract 2.3.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "actors/wiring/analyze.hpp"

namespace tradewind::tools {

[[nodiscard]] nlohmann::ordered_json analysis_json(const AnalysisRow& row);

[[nodiscard]] nlohmann::ordered_json portfolio_json(const actors::AnalyzeOutcome& outcome,
                                                    Timestamp as_of);

}  // namespace tradewind::tools
