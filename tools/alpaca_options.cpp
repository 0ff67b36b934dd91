#include "tools/alpaca_options.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "messages/error.hpp"

namespace tradewind::tools {
namespace {

constexpr const char* kLiveHost = "https://api.alpaca.markets";
constexpr const char* kLiveKeyPrefix = "AK";
constexpr std::size_t kMaximumAccount = 64;

bool plain_account(const std::string& account) {
    return !account.empty() && account.size() <= kMaximumAccount &&
           std::all_of(account.begin(), account.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-';
           });
}

[[noreturn]] void refuse(const ArmingFault& fault) {
    throw Error(ErrorKind::usage, "live trading is not armed", fault.what, fault.why, fault.remedy);
}

}  // namespace

broker::alpaca::AlpacaSettings alpaca_settings(const config::Settings& settings,
                                               const config::Credentials& keys) {
    using broker::alpaca::parse_address;
    broker::alpaca::AlpacaSettings result;
    const bool stated = settings.explain("broker.trading_url").origin != config::Origin::builtin;
    const bool live = settings.mode == config::Mode::live;
    result.trading = parse_address(live && !stated ? kLiveHost : settings.broker.trading_url,
                                   "broker.trading_url");
    result.data = parse_address(settings.broker.data_url, "broker.data_url");
    result.data_stream = parse_address(settings.broker.stream_url, "broker.stream_url");
    // Some write the version into the base address, as the older clients wanted it.
    for (auto* address : {&result.trading, &result.data}) {
        if (address->path == "/v2") address->path.clear();
    }
    result.keys = {keys.key_id, keys.secret_key};
    result.audit_ms = settings.broker.audit_seconds * 1'000;
    result.silence_ms = settings.feed.silence_seconds * 1'000;
    result.history_workers = static_cast<std::size_t>(settings.fetch.workers);
    return result;
}

std::optional<ArmingFault> arming_fault(const ArmingFacts& facts) {
    if (!facts.mode_live) {
        return ArmingFault{"mode", "it is not \"live\"", "set mode = \"live\" in the settings"};
    }
    if (!facts.allowed) {
        return ArmingFault{"TRADEWIND_ALLOW_LIVE", "it is not set to 1",
                           "set it in the daemon's environment"};
    }
    if (!plain_account(facts.account)) {
        return ArmingFault{"--account", "no account number is given",
                           "give the number of the account that may trade"};
    }
    if (!facts.key_id) {
        return ArmingFault{"keys", "there are none",
                           "set APCA_API_KEY_ID and APCA_API_SECRET_KEY, or name their files"};
    }
    if (!facts.key_id->starts_with(kLiveKeyPrefix)) {
        return ArmingFault{"keys", "the key id is not that of a live key (AK...)",
                           "use the keys of the live account"};
    }
    if (!facts.doctor_failures.empty()) {
        return ArmingFault{"doctor", facts.doctor_failures.front(),
                           "run `tradewind doctor` and mend what it names"};
    }
    return std::nullopt;
}

std::filesystem::path account_lock_file(const std::string& account) {
    // World-writable and emptied at boot where there is one.
    const std::filesystem::path machine_wide = "/run/lock";
    std::error_code fault;
    const bool usable = std::filesystem::is_directory(machine_wide, fault) &&
                        ::access(machine_wide.c_str(), W_OK | X_OK) == 0;
    return (usable ? machine_wide : std::filesystem::path("/tmp")) /
           ("tradewind-account-" + account + ".lock");
}

ledger::ExclusiveLock arm_live(const config::Settings& settings,
                               const std::optional<config::Credentials>& keys) {
    ArmingFacts facts;
    facts.mode_live = settings.mode == config::Mode::live;
    facts.allowed = settings.live.allow;
    facts.account = settings.live.account;
    if (keys) facts.key_id = keys->key_id.reveal().substr(0, 2);
    // The machine is looked at once all else is there.
    if (const auto fault = arming_fault(facts)) refuse(*fault);
    facts.doctor_failures = doctor_failures(settings);
    if (const auto fault = arming_fault(facts)) refuse(*fault);
    ledger::ExclusiveLock lock(account_lock_file(facts.account), "account " + facts.account);
    if (::isatty(STDIN_FILENO) == 1) {
        std::cerr << "Live trading with real money. Type the account number to go on: ";
        std::string typed;
        std::getline(std::cin, typed);
        if (typed != facts.account) {
            refuse({"terminal", "another account number was typed", "type " + facts.account});
        }
    }
    return lock;
}

}  // namespace tradewind::tools
