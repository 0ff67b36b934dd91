#include "ledger/report.hpp"

#include <nlohmann/json.hpp>

#include "ledger/checksum_file.hpp"
#include "ledger/csv_file.hpp"
#include "ledger/csv_reader.hpp"
#include "ledger/report_page.hpp"
#include "ledger/run_tables.hpp"
#include "ledger/sha256.hpp"
#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kShownTrades = 500;
constexpr const char* kPageFile = "report.html";

std::string as_text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null()) return {};
    return value.dump();
}

Json read_object(const fs::path& file) {
    auto document = Json::parse(read_text_file(file), nullptr, false);
    if (!document.is_object()) {
        throw Error(ErrorKind::corrupt, "file is malformed", file.string(), "not a JSON object");
    }
    return document;
}

std::vector<CurvePoint> read_curve(const fs::path& folder) {
    CsvReader rows(folder, kEquityCsv);
    CurveSampler sampler;
    while (rows.next()) {
        sampler.add(rows.timestamp(0), rows.decimal<Money>(3).to_double(),
                    rows.decimal<Fraction>(5).to_double());
    }
    return sampler.points();
}

void read_fills(const fs::path& folder, std::map<std::string, SymbolLine>& symbols) {
    CsvReader rows(folder, kFillsCsv);
    while (rows.next()) {
        auto& line = symbols[std::string(rows.cell(3))];
        ++line.fills;
        line.notional += (rows.decimal<Price>(6) * rows.decimal<Quantity>(5)).to_double();
        line.fees += rows.decimal<Money>(7).to_double();
    }
}

void read_trades(const fs::path& folder, std::map<std::string, SymbolLine>& symbols,
                 ReportData& data) {
    CsvReader rows(folder, kTradesCsv);
    while (rows.next()) {
        auto& line = symbols[std::string(rows.cell(1))];
        const auto pnl = rows.decimal<Money>(11);
        ++line.trades;
        if (pnl.sign() > 0) ++line.wins;
        line.financing += rows.decimal<Money>(10).to_double();
        line.pnl += pnl.to_double();
        const auto cell = [&](std::size_t column) { return std::string(rows.cell(column)); };
        data.trades.push_back({cell(1), cell(2), cell(3), cell(4), cell(5), cell(6), cell(7),
                               cell(8), cell(11), cell(12), cell(13)});
        ++data.trade_count;
        // Only the newest are shown; the rest need not be held.
        if (data.trades.size() >= 2 * kShownTrades) {
            data.trades.erase(data.trades.begin(),
                              data.trades.end() - static_cast<std::ptrdiff_t>(kShownTrades));
        }
    }
    if (data.trades.size() > kShownTrades) {
        data.trades.erase(data.trades.begin(),
                          data.trades.end() - static_cast<std::ptrdiff_t>(kShownTrades));
    }
}

void read_run(const fs::path& folder, ReportData& data) {
    const auto run = read_object(folder / "run.json");
    const auto fact = [&](const char* name, const char* key) {
        if (!run.contains(key)) return;
        if (const auto text = as_text(run[key]); !text.empty()) data.facts.emplace_back(name, text);
    };
    data.title = run.contains("strategy") ? as_text(run["strategy"]) : std::string();
    if (run.contains("command") && run["command"].is_array()) {
        std::string command;
        for (const auto& part : run["command"]) {
            command += (command.empty() ? "" : " ") + as_text(part);
        }
        data.facts.emplace_back("Command", command);
    }
    fact("Version", "version");
    fact("Commit", "commit");
    fact("Strategy", "strategy");
    fact("Model", "model_id");
    fact("Seed", "seed");
    fact("Started", "wall_start");
    fact("Ended", "wall_end");
    fact("Load seconds", "load_seconds");
    fact("Engine seconds", "engine_seconds");
    if (run.contains("counts") && run["counts"].is_object()) {
        for (const auto& [name, value] : run["counts"].items()) {
            data.facts.emplace_back("Count of " + name, as_text(value));
        }
    }
    if (run.contains("data") && run["data"].is_array()) {
        for (const auto& file : run["data"]) {
            data.facts.emplace_back("Data", file.value("path", std::string()) + " · SHA-256 " +
                                                file.value("sha256", std::string()));
        }
    }
    if (run.contains("notes") && run["notes"].is_array()) {
        for (const auto& note : run["notes"]) data.notes.push_back(as_text(note));
    }
}

// The page is one file among those that SHA256SUMS covers: its line follows it.
void update_checksum(const fs::path& folder, const std::string& page) {
    auto sums = read_checksums(folder);
    sums[kPageFile] = to_hex(sha256_of(page));
    std::string text;
    for (const auto& [name, hash] : sums) text += hash + "  " + name + "\n";
    write_text_file(folder / ".SHA256SUMS.new", text);
    fs::rename(folder / ".SHA256SUMS.new", folder / kChecksumFile);
}

}  // namespace

ReportData load_report(const fs::path& folder, const std::vector<CurvePoint>* curve) {
    if (!fs::exists(folder / "run.json")) {
        throw Error(ErrorKind::usage, "cannot report", folder.string(), "it is not a run folder",
                    "name the folder that --out made");
    }
    ReportData data;
    read_run(folder, data);
    const auto statistics = read_object(folder / "statistics.json");
    for (const auto& [name, value] : statistics.items()) {
        data.statistics.emplace_back(name, as_text(value));
    }
    data.curve = curve != nullptr ? *curve : read_curve(folder);
    std::map<std::string, SymbolLine> symbols;
    read_fills(folder, symbols);
    read_trades(folder, symbols, data);
    for (auto& [symbol, line] : symbols) {
        line.symbol = symbol;
        data.symbols.push_back(line);
    }
    CsvReader decisions(folder, kDecisionsCsv);
    while (decisions.next()) ++data.outcomes[std::string(decisions.cell(8))];
    return data;
}

std::string render_report(const fs::path& run_folder) {
    return render_page(load_report(run_folder, nullptr));
}

fs::path write_report(const fs::path& run_folder, const fs::path& out) {
    const auto page = render_report(run_folder);
    const auto inside = run_folder / kPageFile;
    const auto target = out.empty() ? inside : out;
    std::error_code error;
    const bool is_inside =
        fs::weakly_canonical(target, error) == fs::weakly_canonical(inside, error);
    if (!is_inside && fs::equivalent(fs::absolute(target).parent_path(), run_folder, error)) {
        throw Error(ErrorKind::usage, "cannot write the report", target.string(),
                    "a run folder takes no other files", "choose another folder");
    }
    try {
        write_text_file(target, page);
    } catch (const Error& fault) {
        throw Error(ErrorKind::usage, "cannot write the report", target.string(), fault.what());
    }
    if (is_inside && fs::exists(run_folder / kChecksumFile)) update_checksum(run_folder, page);
    return target;
}

}  // namespace tradewind::ledger
