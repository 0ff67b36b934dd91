// A verification for people and programs: JSON, a plain table, and the Markdown tables of the model
// card. Pure; any thread. Source: training recipe 5 and 6.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/verification.hpp"

namespace tradewind::tools {

[[nodiscard]] nlohmann::ordered_json verification_json(const model::Verification& verification);
[[nodiscard]] std::string verification_text(const model::Verification& verification);
// Scores, steps, coverage and hit rate as tables; whether the acceptance rule is met, failures
// included.
[[nodiscard]] std::string verification_markdown(const model::Verification& verification);

}  // namespace tradewind::tools
