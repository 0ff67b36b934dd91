#include "strategy/cycle_state.hpp"

#include <sstream>

#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

[[noreturn]] void refuse(const std::string& line) {
    throw Error(ErrorKind::corrupt, "unreadable plan", "state of the trading cycle", line,
                "run `tradewind verify` on the state folder");
}

// The words of one line; each read throws where it is missing or wrong.
class Words {
  public:
    explicit Words(const std::string& line) : line_(line), in_(line) {}

    std::string text() {
        std::string word;
        if (!(in_ >> word)) refuse(line_);
        return word;
    }
    std::int64_t whole() {
        std::int64_t value = 0;
        if (!(in_ >> value)) refuse(line_);
        return value;
    }
    template <class Parse>
    auto parsed(Parse&& parse) {
        const auto value = parse(text());
        if (!value) refuse(line_);
        return *value;
    }
    std::optional<Date> optional_date() {
        const auto word = text();
        if (word == "-") return std::nullopt;
        const auto date = parse_date(word);
        if (!date) refuse(line_);
        return date;
    }
    Date date() {
        return parsed([](const std::string& word) { return parse_date(word); });
    }
    Money money() {
        return parsed([](const std::string& word) { return Money::parse(word); });
    }
    Symbol symbol() {
        const auto word = text();
        if (!Symbol::valid(word)) refuse(line_);
        return Symbol(word);
    }
    StrategyKind kind() {
        const auto word = text();
        for (std::size_t i = 0; i < kStrategyKinds; ++i) {
            if (word == name_of(static_cast<StrategyKind>(i))) return static_cast<StrategyKind>(i);
        }
        refuse(line_);
    }

  private:
    const std::string& line_;
    std::istringstream in_;
};

std::string text_of(const std::optional<Date>& date) {
    return date ? format_date(*date) : "-";
}

void read_probe(Words& words, const std::string& line, CycleState& state) {
    const Symbol symbol = words.symbol();
    const Side side = words.parsed([](const std::string& word) { return side_of(word); });
    const StrategyKind kind = words.kind();
    ProbeRecord record;
    const auto number = words.whole();
    if (number < 0 || number > static_cast<std::int64_t>(ProbeState::transition)) refuse(line);
    record.state = static_cast<ProbeState>(number);
    record.started = {words.whole()};
    const auto successful = words.whole();
    if (successful >= 0) record.last_successful = successful > 0;
    record.full_size_from = words.date();
    state.probes[{symbol, side, kind}] = record;
}

void read_line(const std::string& line, CycleState& state) {
    Words words(line);
    const auto what = words.text();
    if (what == "pass") {
        const auto kind = words.parsed([](const std::string& word) { return pass_kind_of(word); });
        PassLogEntry entry{{words.whole()}, false};
        entry.decided = words.whole() != 0;
        state.passes[kind] = entry;
    } else if (what == "days") {
        state.days.last_day = words.optional_date();
        state.days.last_pnl = words.money();
        state.days.probe_only = words.optional_date();
    } else if (what == "day_equity") {
        state.day_equity = words.money();
    } else if (what == "suspended") {
        const Symbol symbol = words.symbol();
        state.suspended[symbol].insert(words.kind());
    } else if (what == "entries") {
        state.entries_day = words.date();
        const Symbol symbol = words.symbol();
        state.entries[symbol] = static_cast<std::uint32_t>(words.whole());
    } else if (what == "rejections") {
        state.rejections.passes = static_cast<std::uint32_t>(words.whole());
    } else if (what == "probe") {
        read_probe(words, line, state);
    } else {
        refuse(line);
    }
}

}  // namespace

void CycleState::end_day(Date day, Money equity) {
    if (day_equity) days = record_day_pnl(days, day, equity - *day_equity);
    day_equity = equity;
}

const std::map<Symbol, std::uint32_t>& CycleState::entries_on(Date today) {
    if (!entries_day || *entries_day != today) {
        entries_day.reset();
        entries.clear();
    }
    return entries;
}

void CycleState::count_entry(Symbol symbol, Date today) {
    (void)entries_on(today);
    entries_day = today;
    ++entries[symbol];
}

void CycleState::set_suspended(Symbol symbol, std::set<StrategyKind> kinds) {
    if (kinds.empty()) {
        suspended.erase(symbol);
    } else {
        suspended[symbol] = std::move(kinds);
    }
}

ProbeRecord CycleState::probe(const ProbeKey& key) const {
    const auto found = probes.find(key);
    return found == probes.end() ? ProbeRecord{} : found->second;
}

void CycleState::set_probe(const ProbeKey& key, const ProbeRecord& record) {
    if (record.state == ProbeState::idle) {
        probes.erase(key);
    } else {
        probes[key] = record;
    }
}

std::string CycleState::text() const {
    std::string text;
    for (const auto& [kind, entry] : passes) {
        text += "pass " + std::string(to_text(kind)) + ' ' + std::to_string(entry.at.ns) +
                (entry.decided ? " 1\n" : " 0\n");
    }
    if (days.last_day) {
        text += "days " + text_of(days.last_day) + ' ' + days.last_pnl.to_string() + ' ' +
                text_of(days.probe_only) + '\n';
    }
    if (day_equity) text += "day_equity " + day_equity->to_string() + '\n';
    for (const auto& [symbol, kinds] : suspended) {
        for (const auto kind : kinds) {
            text += "suspended " + symbol.to_string() + ' ' + name_of(kind) + '\n';
        }
    }
    for (const auto& [symbol, count] : entries) {
        text += "entries " + text_of(entries_day) + ' ' + symbol.to_string() + ' ' +
                std::to_string(count) + '\n';
    }
    if (rejections.passes > 0) text += "rejections " + std::to_string(rejections.passes) + '\n';
    for (const auto& [key, record] : probes) {
        const auto& [symbol, side, kind] = key;
        const int successful = record.last_successful ? (*record.last_successful ? 1 : 0) : -1;
        text += "probe " + symbol.to_string() + ' ' + std::string(to_text(side)) + ' ' +
                name_of(kind) + ' ' + std::to_string(static_cast<int>(record.state)) + ' ' +
                std::to_string(record.started.ns) + ' ' + std::to_string(successful) + ' ' +
                format_date(record.full_size_from) + '\n';
    }
    return text;
}

CycleState CycleState::parse(const std::string& text) {
    CycleState state;
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
        if (!line.empty()) read_line(line, state);
    }
    return state;
}

}  // namespace tradewind::strategy
