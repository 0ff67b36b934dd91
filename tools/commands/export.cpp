// tradewind export DIR --out DIR: a catalog or a recording as bars, a run or a daemon's state as
// tables, in CSV or Parquet. Source: contract 2 and 4.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "actors/recorder/recorded_bars.hpp"
#include "ledger/csv_reader.hpp"
#include "ledger/event_store.hpp"
#include "ledger/output_folder.hpp"
#include "ledger/table_export.hpp"
#include "market/catalog/bar_reader.hpp"
#include "market/catalog/bar_writer.hpp"
#include "market/catalog/instruments_file.hpp"
#include "market/catalog/parquet_table.hpp"
#include "messages/error.hpp"
#include "tools/command.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

namespace fs = std::filesystem;

struct ExportArguments {
    std::string source;
    std::string out;
    std::string format;
    std::vector<std::string> symbols;
    std::string interval;
    std::string on_bad_row = "stop";
    std::string instruments;
    std::string end;
    bool overwrite = false;
    bool json = false;
};

enum class Kind { catalog, run, state, recording };

const char* name_of(Kind kind) {
    constexpr const char* kNames[] = {"catalog", "run", "state", "recording"};
    return kNames[static_cast<std::size_t>(kind)];
}

bool is_session_file(const fs::path& file) {
    return file.filename().string().starts_with("session-") && file.extension() == ".db";
}

Kind kind_of(const fs::path& source) {
    if (!fs::is_directory(source)) {
        return is_session_file(source) ? Kind::recording : Kind::catalog;
    }
    if (fs::exists(source / "run.json")) return Kind::run;
    if (fs::exists(source / ledger::kStoreFile)) return Kind::state;
    const fs::directory_iterator entries(source);
    const bool recording = std::any_of(fs::begin(entries), fs::end(entries),
                                       [](const auto& e) { return is_session_file(e.path()); });
    return recording ? Kind::recording : Kind::catalog;
}

market::CellKind cell_kind(ledger::ColumnKind kind) {
    switch (kind) {
        case ledger::ColumnKind::text:
            return market::CellKind::text;
        case ledger::ColumnKind::time:
            return market::CellKind::time;
        case ledger::ColumnKind::decimal:
            return market::CellKind::decimal;
        case ledger::ColumnKind::real:
            return market::CellKind::real;
    }
    return market::CellKind::text;
}

void write_parquet_table(const fs::path& from, const ledger::CsvColumns& table,
                         const fs::path& out) {
    std::vector<market::TableColumn> columns;
    for (const auto& column : ledger::columns_of(table)) {
        columns.push_back({std::string(column.name), cell_kind(column.kind)});
    }
    const auto file = out / fs::path(table.file).replace_extension(".parquet");
    std::vector<std::string_view> cells(columns.size());
    market::ParquetTable parquet(file.string(), std::move(columns));
    for (ledger::CsvReader rows(from, table); rows.next();) {
        for (std::size_t i = 0; i < cells.size(); ++i) cells[i] = rows.cell(i);
        parquet.add(cells);
    }
    parquet.finish();
}

// Tables that lie in `from` as CSV.
void export_tables(const fs::path& from, std::span<const ledger::CsvColumns* const> tables,
                   market::BarFileFormat format, const fs::path& out) {
    for (const auto* table : tables) {
        if (format == market::BarFileFormat::parquet) {
            write_parquet_table(from, *table, out);
        } else if (from != out) {
            fs::copy_file(from / table->file, out / table->file);
        }
    }
}

void export_state(const ExportArguments& arguments, market::BarFileFormat format,
                  const fs::path& out) {
    std::optional<Timestamp> end;
    if (!arguments.end.empty()) {
        end = parse_time(arguments.end);
        if (!end) {
            refuse_option("--end", arguments.end, "not a time in RFC 3339 with Z",
                          "for example --end 2024-05-06T20:00:00Z");
        }
    }
    ledger::write_state_tables(arguments.source, out, end);
    if (format == market::BarFileFormat::csv) return;
    export_tables(out, ledger::kStateTables, format, out);
    for (const auto* table : ledger::kStateTables) fs::remove(out / table->file);
}

void export_bars(const ExportArguments& arguments, Kind kind, market::BarFileFormat format,
                 const fs::path& out) {
    market::ReadOptions read;
    read.symbols = parse_symbols(arguments.symbols);
    read.on_bad_row = parse_on_bad_row(arguments.on_bad_row);
    read.interval_ns = parse_interval_ns(arguments.interval);
    read.hash_files = false;
    if (!arguments.instruments.empty()) {
        read.instruments = market::read_instruments(arguments.instruments);
    }
    if (kind == Kind::catalog) {
        const auto catalog = market::read_catalog({arguments.source}, read);
        (void)market::export_series(catalog.series, out.string(), format, read.instruments);
        return;
    }
    if (read.interval_ns != 0) {
        refuse_option("--interval", arguments.interval, "the bars of a recording stay as they are",
                      "export the recording, then the export");
    }
    auto series = actors::recorded_bars(arguments.source);
    if (!read.symbols.empty()) {
        std::erase_if(series, [&](const BarSeriesPtr& one) {
            return std::find(read.symbols.begin(), read.symbols.end(), one->symbol) ==
                   read.symbols.end();
        });
    }
    if (series.empty()) {
        throw Error(ErrorKind::data, "nothing to export", arguments.source,
                    "no bar closed in the session");
    }
    (void)market::export_series(series, out.string(), format, read.instruments);
}

void run(const ExportArguments& arguments) {
    const auto format = parse_bar_file_format("--format", arguments.format);
    if (!fs::exists(arguments.source)) {
        throw Error(ErrorKind::data, "cannot export", arguments.source, "no such file or folder",
                    "name a catalog, a run folder, a state folder or a recording");
    }
    const auto kind = kind_of(arguments.source);
    ledger::OutputFolder folder(arguments.out, arguments.overwrite);
    const auto& out = folder.working_path();
    switch (kind) {
        case Kind::run:
            export_tables(arguments.source, ledger::kRunTables, format, out);
            break;
        case Kind::state:
            export_state(arguments, format, out);
            break;
        default:
            export_bars(arguments, kind, format, out);
    }
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(out)) {
        files.push_back(entry.path().filename().string());
    }
    std::sort(files.begin(), files.end());
    folder.publish(true);
    if (arguments.json) {
        const nlohmann::ordered_json document{
            {"source", name_of(kind)}, {"out", arguments.out}, {"files", files}};
        std::printf("%s\n", document.dump(2).c_str());
        return;
    }
    for (const auto& file : files) std::printf("%s\n", (fs::path(arguments.out) / file).c_str());
}

}  // namespace

void add_export(CLI::App& app) {
    auto* command =
        app.add_subcommand("export", "catalog, run, state or recording as CSV or Parquet");
    const auto arguments = std::make_shared<ExportArguments>();
    command
        ->add_option("source", arguments->source, "catalog, run folder, state folder or recording")
        ->required();
    command->add_option("--out", arguments->out, "folder to write; absent or empty")->required();
    command->add_option("--format", arguments->format, "csv or parquet")->required();
    command->add_option("--symbols", arguments->symbols, "bars: only these symbols")
        ->delimiter(',');
    command->add_option("--interval", arguments->interval, "bars: resampled to 1m, 1h or 1d");
    command->add_option("--on-bad-row", arguments->on_bad_row, "bars: stop or skip")
        ->capture_default_str();
    command->add_option("--instruments", arguments->instruments, "trading rules per symbol, TOML");
    command->add_option("--end", arguments->end,
                        "state: when orders still open count as expired; default: newest event");
    command->add_flag("--overwrite", arguments->overwrite, "replace an existing folder of files");
    command->add_flag("--json", arguments->json, "print one JSON document");
    command->callback([arguments] { run(*arguments); });
}

}  // namespace tradewind::tools
