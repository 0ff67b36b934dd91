// Faults of the simulated exchange, scripted by a file: what goes wrong, where, and how often.
//
// The file is JSON: {"faults": [FAULT, ...]} or the array alone. A FAULT has
//   fault     what happens (below)
//   method    of the request, any when missing;  path: prefix of the path, any when missing
//   event     of the trade update (`fill`, ...), any when missing
//   account   account number, any when missing
//   skip      so many matches pass unharmed first (0);  count: then so many are hit (1; 0: all)
//   after_ms, until_ms   steady time since the file was read (0, for ever)
//   delay_ms, status, body, code, message, offset_ms   what the fault needs
// Faults of requests: `status` (answers it without acting; 429 brings Retry-After), `html` (502
// with a page), `delay` (acts, answers later), `lost_reply` (acts, closes without an answer),
// `reset` (acts, closes within the body), `hang` (acts, never answers), `bad_body` (acts, answers
// `body`). Of trade updates: `delay_update`, `duplicate_update`, `reorder_update` (after the next
// one), `withhold_update`, `null_update` (`"data":null` before it), `truncated_update`,
// `oversized_update` (`size` bytes of padding).
// Of WebSockets, by path: `refuse_upgrade` (status), `silence` (pings answered, nothing said),
// `freeze` (not even pings), `drop` (closes the socket), `expire_session` (unauthorized, closed).
// Of the clock: `clock_skew` (offset_ms on GET /v2/clock). Of accounts: `account_blocked` (both
// flags set, orders refused), `cancel_delay` (a cancel is taken, and happens delay_ms later). The
// file is read again whenever it changes; the counts start anew then. One thread. Errors: Error
// (usage) for a file that cannot be read at the start; a bad change later keeps the old script.
// Source: contract 2.4, broker protocol 8.8.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
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
    std::int64_t skip = 0;
    std::int64_t count = 1;  // 0: without end
    std::int64_t after_ms = 0;
    std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();
    std::int64_t delay_ms = 0;
    std::int64_t offset_ms = 0;
    std::int64_t size = 0;
    unsigned status = 503;
    std::string body;
    // State.
    std::int64_t matched = 0;
};

// What a fault is matched against; empty texts match only faults that do not name them.
struct FaultTarget {
    std::string_view method;
    std::string_view path;
    std::string_view event;
    std::string_view account;
};

class FaultScript {
  public:
    using Time = std::chrono::steady_clock::time_point;

    FaultScript() = default;
    // Reads `file`; an empty name is an empty script.
    FaultScript(std::filesystem::path file, Time now);

    // Reads the file again where it has changed. True: it has.
    bool refresh(Time now);
    // The first fault of one of the kinds that hits the target now; counts the match. Null: none.
    const Fault* take(std::initializer_list<std::string_view> kinds, const FaultTarget& target,
                      Time now);
    // The same without counting: for lasting conditions.
    [[nodiscard]] const Fault* active(std::string_view kind, const FaultTarget& target,
                                      Time now) const;
    [[nodiscard]] bool empty() const { return faults_.empty(); }

    // Throws Error (usage) with what is wrong.
    [[nodiscard]] static std::vector<Fault> parse(std::string_view text, const std::string& where);

  private:
    std::filesystem::path file_;
    std::filesystem::file_time_type changed_;
    std::vector<Fault> faults_;
    Time read_at_;
};

}  // namespace tradewind::broker
