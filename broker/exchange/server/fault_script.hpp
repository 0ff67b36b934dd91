// Faults of the simulated exchange, scripted by a file: what goes wrong, where, and how often.
//
// The file is JSON: {"faults": [FAULT, ...]} or the array alone. A FAULT has
//   fault     what happens (below);  comment: free text
//   after_ms, until_ms   steady time since the file was read (0, for ever)
//   skip      so many matches pass unharmed first (0);  count: then so many are hit (1; 0: all)
// and, where its kind takes them,
//   method, path (a prefix), event, account, symbol   what it hits; anything when missing
//   delay_ms, offset_ms, size, status, body, retry_after_s, fraction, repeat   what it needs
// The kinds and the members that each takes stand in fault_kinds.cpp, their meaning in
// docs/alpaca.md. Kinds that last (silence, freeze, clock_skew, account_blocked) take no counts.
// The file is read again whenever it changes; the counts start anew then. How often each fault hit
// something is told (told(), the route /faults): a script that hits nothing tests nothing.
//
// One thread. Errors: Error (usage), naming the file, the number of the fault and the nearest known
// word, for a file that cannot be used at the start; a bad change later keeps the old script and
// tells refresh()'s caller why. Source: contract 2.4, broker protocol 8.8.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind::broker {

struct Fault {
    std::string kind;
    std::string method;
    std::string path;
    std::string event;
    std::string account;
    std::string symbol;  // as inside: `BTC/USD` of the file is BTCUSD
    std::int64_t skip = 0;
    std::int64_t count = 1;  // 0: without end
    std::int64_t after_ms = 0;
    std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();
    std::int64_t delay_ms = 0;
    std::int64_t offset_ms = 0;
    std::int64_t size = 0;
    std::int64_t retry_after_s = 1;
    std::int64_t repeat = 1;
    double fraction = 0.5;  // in (0, 1)
    unsigned status = 0;    // 0: not given
    std::string body;
    // State.
    std::int64_t matched = 0;  // counted by take(): those that `skip` let pass too
    std::int64_t hits = 0;
};

// What a fault is matched against; empty texts match only faults that do not name them.
struct FaultTarget {
    std::string_view method;
    std::string_view path;
    std::string_view event;
    std::string_view account;
    std::string_view symbol = {};  // as inside, `BTCUSD`
    std::int64_t age_ms = 0;       // of a connection
};

// One kind and the members that it takes beyond those that all take, in a space-separated list.
struct FaultKind {
    std::string_view name;
    std::string_view members;
};
[[nodiscard]] std::span<const FaultKind> fault_kinds();

class FaultScript {
  public:
    using Time = std::chrono::steady_clock::time_point;
    enum class Refreshed : std::uint8_t { unchanged, changed, refused };

    FaultScript() = default;
    // Reads `file`; an empty name is an empty script.
    FaultScript(std::filesystem::path file, Time now);

    // Reads the file again where it has changed. Refused: the new text cannot be used, `why` says
    // so in one line, and the old script goes on.
    Refreshed refresh(Time now, std::string& why);
    // The first fault of one of the kinds that hits the target now; counts the match. Null: none.
    const Fault* take(std::initializer_list<std::string_view> kinds, const FaultTarget& target,
                      Time now);
    // The same for lasting conditions, which `skip` and `count` do not end. A hit each time.
    [[nodiscard]] const Fault* active(std::string_view kind, const FaultTarget& target, Time now);
    [[nodiscard]] bool empty() const { return faults_.empty(); }
    // {"faults":[{"fault":KIND,"hits":N}, ...]}, in the script's order.
    [[nodiscard]] std::string told() const;
    // There is a file, though it may hold nothing yet.
    [[nodiscard]] bool has_file() const { return !file_.empty(); }

    // Throws Error (usage) with what is wrong.
    [[nodiscard]] static std::vector<Fault> parse(std::string_view text, const std::string& where);

  private:
    std::filesystem::path file_;
    std::filesystem::file_time_type changed_;
    std::vector<Fault> faults_;
    Time read_at_;
};

}  // namespace tradewind::broker
