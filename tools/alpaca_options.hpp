// The settings of a daemon at Alpaca as the client wants them, and the arming of live trading.
//
// Read once at the start, before threads. Errors: Error (usage) for an address that cannot be used,
// half a key pair, or an arming that is not complete (it names what is missing; nothing was sent by
// then); Error (locked) where another process trades the account. Source: contract 5 and 7,
// strategies spec I-1, I-2.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/wiring/alpaca_venue.hpp"
#include "config/credentials.hpp"
#include "config/settings.hpp"
#include "ledger/exclusive_lock.hpp"

namespace tradewind::tools {

// Addresses, keys and limits. `live` without a stated address means the live host.
[[nodiscard]] broker::alpaca::AlpacaSettings alpaca_settings(const config::Settings& settings,
                                                             const config::Credentials& keys);

// What is missing before `live` may start, in the contract's order; empty: armed. The account's
// lock, the typed number and the broker's own answer come after these.
struct ArmingFacts {
    bool mode_live = false;
    bool allowed = false;
    std::string account;
    std::optional<std::string> key_id;  // empty optional: no keys
    std::vector<std::string> doctor_failures;
};
struct ArmingFault {
    std::string what;
    std::string why;
    std::string remedy;
};
[[nodiscard]] std::optional<ArmingFault> arming_fault(const ArmingFacts& facts);

// Checks all of it, takes the account's lock, and asks on a terminal for the account number.
[[nodiscard]] ledger::ExclusiveLock arm_live(const config::Settings& settings,
                                             const std::optional<config::Credentials>& keys);

// The file that locks an account on this machine.
[[nodiscard]] std::filesystem::path account_lock_file(const std::string& account);

// The checks of `tradewind doctor` that failed, a line each.
[[nodiscard]] std::vector<std::string> doctor_failures(const config::Settings& settings);

}  // namespace tradewind::tools
