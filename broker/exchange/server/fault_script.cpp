#include "broker/exchange/server/fault_script.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "messages/nearest_word.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMaxFaultBytes = std::int64_t{256} << 20U;
constexpr int kMaxDepth = 32;
constexpr std::int64_t kMaxRepeats = 1000;
constexpr std::int64_t kMaxDelayMs = 86'400'000;

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
    throw Error(ErrorKind::usage, "the script of faults cannot be used", where, why,
                "see `tradewind exchange --help` and docs/alpaca.md");
}

std::string read_all(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) refuse(file.string(), "it cannot be read");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The words of a space-separated list.
std::vector<std::string> words_of(std::string_view list) {
    std::vector<std::string> words;
    while (!list.empty()) {
        const auto space = list.find(' ');
        words.emplace_back(list.substr(0, space));
        list = space == std::string_view::npos ? std::string_view() : list.substr(space + 1);
    }
    return words;
}

std::string with_hint(std::string why, const std::string& word,
                      const std::vector<std::string>& known) {
    if (const auto near = nearest_word(word, known)) why += "; the nearest known is " + *near;
    return why;
}

const FaultKind& kind_of(const Json& json, const std::string& where) {
    if (!json.is_object()) refuse(where, "it is no object");
    const auto found = json.find("fault");
    if (found == json.end() || !found->is_string()) refuse(where, "it names no fault");
    const auto name = found->get<std::string>();
    std::vector<std::string> known;
    for (const auto& kind : fault_kinds()) {
        if (kind.name == name) return kind;
        known.emplace_back(kind.name);
    }
    refuse(where, with_hint("unknown fault " + name, name, known));
}

std::int64_t whole_number(const Json& value, const std::string& name, const std::string& where) {
    if (!value.is_number_integer() || value.is_number_unsigned()) {
        const bool fits =
            value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t{1} << 53U;
        if (!fits) refuse(where, name + " is no whole number");
    }
    const auto number = value.get<std::int64_t>();
    if (number < 0 && name != "offset_ms") refuse(where, name + " is negative");
    return number;
}

void set_text(std::string& member, const Json& value, const std::string& name,
              const std::string& where) {
    if (!value.is_string()) refuse(where, name + " is no text");
    member = value.get<std::string>();
}

void set_member(Fault& fault, const std::string& name, const Json& value,
                const std::string& where) {
    const std::pair<std::string_view, std::string*> texts[] = {{"method", &fault.method},
                                                               {"path", &fault.path},
                                                               {"event", &fault.event},
                                                               {"account", &fault.account},
                                                               {"symbol", &fault.symbol}};
    for (const auto& [member, text] : texts) {
        if (member == name) return set_text(*text, value, name, where);
    }
    const std::pair<std::string_view, std::int64_t*> numbers[] = {
        {"skip", &fault.skip},         {"count", &fault.count},
        {"after_ms", &fault.after_ms}, {"until_ms", &fault.until_ms},
        {"delay_ms", &fault.delay_ms}, {"offset_ms", &fault.offset_ms},
        {"size", &fault.size},         {"retry_after_s", &fault.retry_after_s},
        {"repeat", &fault.repeat}};
    for (const auto& [member, number] : numbers) {
        if (member != name) continue;
        *number = whole_number(value, name, where);
        return;
    }
    if (name == "status") {
        const auto status = whole_number(value, name, where);
        if (status < 200 || status > 599) refuse(where, "no status from 200 to 599");
        fault.status = static_cast<unsigned>(status);
    } else if (name == "fraction") {
        if (!value.is_number()) refuse(where, "fraction is no number");
        fault.fraction = value.get<double>();
        if (!(fault.fraction > 0 && fault.fraction < 1)) {
            refuse(where, "fraction is not between 0 and 1");
        }
    } else {
        fault.body = value.is_string() ? value.get<std::string>() : value.dump();
    }
}

Fault fault_of(const Json& json, const std::string& where) {
    const auto& kind = kind_of(json, where);
    auto known = words_of(kind.members);
    for (const char* word : {"fault", "comment", "after_ms", "until_ms"}) known.emplace_back(word);
    Fault fault;
    fault.kind = kind.name;
    for (const auto& [name, value] : json.items()) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            refuse(where, with_hint("unknown member " + name + " of " + fault.kind, name, known));
        }
        if (name != "fault" && name != "comment") set_member(fault, name, value, where);
    }
    std::erase(fault.symbol, '/');
    if (fault.size > kMaxFaultBytes) refuse(where, "size is above 256 MiB");
    if (fault.repeat > kMaxRepeats) refuse(where, "repeat is above 1000");
    if (fault.delay_ms > kMaxDelayMs) refuse(where, "delay_ms is above a day");
    return fault;
}

bool names(const std::string& wanted, std::string_view value) {
    return wanted.empty() || wanted == value;
}

bool matches(const Fault& fault, const FaultTarget& target, std::int64_t now_ms) {
    return now_ms >= fault.after_ms && now_ms < fault.until_ms &&
           names(fault.method, target.method) && names(fault.event, target.event) &&
           names(fault.account, target.account) && names(fault.symbol, target.symbol) &&
           target.path.starts_with(fault.path) &&
           (fault.kind != "expire_session" || target.age_ms >= fault.delay_ms);
}

}  // namespace

std::vector<Fault> FaultScript::parse(std::string_view text, const std::string& where) {
    std::vector<Fault> faults;
    try {
        const auto json = Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
            if (depth > kMaxDepth) refuse(where, "it is nested too deeply");
            return true;
        });
        if (json.is_object()) {
            for (const auto& [name, value] : json.items()) {
                if (name != "faults" && name != "comment") {
                    refuse(where, with_hint("unknown member " + name, name, {"faults", "comment"}));
                }
            }
        }
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

FaultScript::Refreshed FaultScript::refresh(Time now, std::string& why) {
    if (file_.empty()) return Refreshed::unchanged;
    std::error_code code;
    const auto changed = std::filesystem::last_write_time(file_, code);
    if (code || changed == changed_) return Refreshed::unchanged;
    changed_ = changed;
    try {
        faults_ = parse(read_all(file_), file_.string());
    } catch (const Error& refused) {
        why = refused.what();
        return Refreshed::refused;
    }
    read_at_ = now;
    return Refreshed::changed;
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
        ++fault.hits;
        return &fault;
    }
    return nullptr;
}

const Fault* FaultScript::active(std::string_view kind, const FaultTarget& target, Time now) {
    const auto now_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - read_at_).count();
    for (auto& fault : faults_) {
        if (fault.kind != kind || !matches(fault, target, now_ms)) continue;
        ++fault.hits;
        return &fault;
    }
    return nullptr;
}

std::string FaultScript::told() const {
    auto faults = nlohmann::ordered_json::array();
    for (const auto& fault : faults_) {
        faults.push_back(nlohmann::ordered_json{{"fault", fault.kind}, {"hits", fault.hits}});
    }
    return nlohmann::ordered_json{{"faults", std::move(faults)}}.dump();
}

}  // namespace tradewind::broker
