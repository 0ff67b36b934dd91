// The sign-off of a look-ahead check, and the gate that asks for it before live trading.
//
// `tradewind verify lookahead` signs off what it found clean: a strategy with its parameters, under
// the settings that decide, by this program. A line of STATE/lookahead.jsonl says so. Another
// program, parameter or deciding setting is another subject, and has to be checked again; settings
// that decide nothing (addresses, log, number of workers, ...) are no part of it. A check that
// compared no decision and no order proves nothing and signs nothing off.
//
// `tradewind live` calls arm_lookahead() before any connection: what is not signed off yet is
// checked there and then on the bars that ship with the program. One thread. Errors: Error (usage)
// where the check does not pass, Error (failed) where the record cannot be written. Source:
// strategies spec I-27; contract 7.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "tools/lookahead.hpp"
#include "tools/replay_plan.hpp"

namespace tradewind::tools {

struct CheckedStrategy {
    std::string name;              // empty or "forecast_portfolio": the forecast portfolio
    std::vector<std::string> set;  // parameters, key=value, in any order
    std::string model;             // as --model says; empty: the settings' own
};

// What a sign-off is of, a fact a line, ending with the SHA-256 of the running program.
[[nodiscard]] std::string lookahead_subject(const CheckedStrategy& strategy,
                                            const config::Settings& settings);

// False: the report is not clean or compared nothing, and nothing was written.
bool sign_off_lookahead(const std::filesystem::path& state_folder, const std::string& subject,
                        const CheckedStrategy& strategy, const LookaheadReport& report);

[[nodiscard]] bool lookahead_signed_off(const std::filesystem::path& state_folder,
                                        const std::string& subject);

// Throws where nothing is signed off.
void require_lookahead_check(const std::filesystem::path& state_folder,
                             const CheckedStrategy& strategy, const config::Settings& settings);

// Replays the plan at `cuts` instants; what `verify lookahead` does.
[[nodiscard]] LookaheadReport run_lookahead_check(const ReplayPlan& plan,
                                                  const config::Settings& settings,
                                                  const LookaheadSettings& check);

// Returns once the strategy is signed off. Where it is not, the shipped bars are replayed first;
// a strategy that differs or does nothing on them is refused.
void arm_lookahead(const std::filesystem::path& state_folder, const CheckedStrategy& strategy,
                   const config::Settings& settings);

}  // namespace tradewind::tools
