#include "broker/exchange/server/fault_script.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kKinds[] = {"status",
                                       "html",
                                       "delay",
                                       "lost_reply",
                                       "reset",
                                       "hang",
                                       "bad_body",
                                       "delay_update",
                                       "duplicate_update",
                                       "reorder_update",
                                       "withhold_update",
                                       "null_update",
                                       "truncated_update",
                                       "oversized_update",
                                       "refuse_upgrade",
                                       "silence",
                                       "freeze",
                                       "drop",
                                       "expire_session",
                                       "clock_skew",
                                       "account_blocked",
                                       "cancel_delay"};

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
    throw Error(ErrorKind::usage, "the script of faults cannot be used", where, why,
                "see `tradewind exchange --help` and docs/alpaca.md");
}

std::string read_all(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) refuse(file.string(), "it cannot be read");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Fault fault_of(const Json& json, const std::string& where) {
    Fault fault;
    for (const auto& [name, value] : json.items()) {
        if (name == "fault") {
            fault.kind = value.get<std::string>();
        } else if (name == "method") {
            fault.method = value.get<std::string>();
        } else if (name == "path") {
            fault.path = value.get<std::string>();
        } else if (name == "event") {
            fault.event = value.get<std::string>();
        } else if (name == "account") {
            fault.account = value.get<std::string>();
        } else if (name == "skip") {
            fault.skip = value.get<std::int64_t>();
        } else if (name == "count") {
            fault.count = value.get<std::int64_t>();
        } else if (name == "after_ms") {
            fault.after_ms = value.get<std::int64_t>();
        } else if (name == "until_ms") {
            fault.until_ms = value.get<std::int64_t>();
        } else if (name == "delay_ms") {
            fault.delay_ms = value.get<std::int64_t>();
        } else if (name == "offset_ms") {
            fault.offset_ms = value.get<std::int64_t>();
        } else if (name == "size") {
            fault.size = value.get<std::int64_t>();
        } else if (name == "status") {
            fault.status = value.get<unsigned>();
        } else if (name == "body") {
            fault.body = value.is_string() ? value.get<std::string>() : value.dump();
        } else if (name != "comment") {
            refuse(where, "unknown member " + name);
        }
    }
    if (std::find(std::begin(kKinds), std::end(kKinds), fault.kind) == std::end(kKinds)) {
        refuse(where, "unknown fault " + fault.kind);
    }
    if (fault.status < 200 || fault.status > 599) refuse(where, "no status from 200 to 599");
    if (fault.skip < 0 || fault.count < 0 || fault.delay_ms < 0 || fault.size < 0) {
        refuse(where, "a negative number");
    }
    return fault;
}

bool names(const std::string& wanted, std::string_view value) {
    return wanted.empty() || wanted == value;
}

bool matches(const Fault& fault, const FaultTarget& target, std::int64_t now_ms) {
    return now_ms >= fault.after_ms && now_ms < fault.until_ms &&
           names(fault.method, target.method) && names(fault.event, target.event) &&
           names(fault.account, target.account) && target.path.starts_with(fault.path);
}

}  // namespace

std::vector<Fault> FaultScript::parse(std::string_view text, const std::string& where) {
    std::vector<Fault> faults;
    try {
        const auto json = Json::parse(text);
        const auto& list = json.is_object() ? json.at("faults") : json;
        if (!list.is_array()) refuse(where, "no array of faults");
        for (std::size_t i = 0; i < list.size(); ++i) {
            faults.push_back(fault_of(list[i], where + ", fault " + std::to_string(i + 1)));
        }
    } catch (const Json::exception& fault) {
        refuse(where, fault.what());
    }
    return faults;
}

FaultScript::FaultScript(std::filesystem::path file, Time now)
    : file_(std::move(file)), read_at_(now) {
    if (file_.empty()) return;
    faults_ = parse(read_all(file_), file_.string());
    changed_ = std::filesystem::last_write_time(file_);
}

bool FaultScript::refresh(Time now) {
    if (file_.empty()) return false;
    std::error_code code;
    const auto changed = std::filesystem::last_write_time(file_, code);
    if (code || changed == changed_) return false;
    changed_ = changed;
    try {
        faults_ = parse(read_all(file_), file_.string());
    } catch (const Error&) {
        return false;
    }
    read_at_ = now;
    return true;
}

const Fault* FaultScript::take(std::initializer_list<std::string_view> kinds,
                               const FaultTarget& target, Time now) {
    const auto now_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - read_at_).count();
    for (auto& fault : faults_) {
        if (std::find(kinds.begin(), kinds.end(), fault.kind) == kinds.end()) continue;
        if (!matches(fault, target, now_ms)) continue;
        const auto ordinal = fault.matched;
        if (fault.count != 0 && ordinal >= fault.skip + fault.count) continue;
        ++fault.matched;
        if (ordinal < fault.skip) continue;
        return &fault;
    }
    return nullptr;
}

const Fault* FaultScript::active(std::string_view kind, const FaultTarget& target, Time now) const {
    const auto now_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - read_at_).count();
    for (const auto& fault : faults_) {
        if (fault.kind == kind && matches(fault, target, now_ms)) return &fault;
    }
    return nullptr;
}

}  // namespace tradewind::broker
