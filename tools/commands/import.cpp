// tradewind import FILE... --out DIR: foreign bar formats into a catalog. Source: contract 2.
#include "market/catalog/import.hpp"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ledger/output_folder.hpp"
#include "market/catalog/bar_writer.hpp"
#include "market/catalog/instruments_file.hpp"
#include "messages/error.hpp"
#include "tools/command.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

using nlohmann::ordered_json;

struct ImportArguments {
    std::vector<std::string> files;
    std::string out;
    std::string format;
    std::string panel_start;
    std::string instruments;
    std::string write = "csv";
    bool overwrite = false;
    bool json = false;
};

market::ImportOptions options_of(const ImportArguments& arguments) {
    market::ImportOptions options;
    if (!arguments.format.empty()) {
        options.format = market::import_format_named(arguments.format);
        if (!options.format) {
            refuse_option("--format", arguments.format, "unknown format", "use one of F1 to F7");
        }
    }
    if (!arguments.panel_start.empty()) {
        options.panel_start = parse_date(arguments.panel_start);
        if (!options.panel_start) {
            refuse_option("--panel-start", arguments.panel_start, "not a date",
                          "for example --panel-start 2020-01-01");
        }
    }
    if (!arguments.instruments.empty()) {
        options.instruments = market::read_instruments(arguments.instruments);
    }
    return options;
}

void print(const ImportArguments& arguments, const market::ImportedFiles& imported) {
    auto files = ordered_json::array();
    for (const auto& file : imported.files) {
        const std::string format = "F" + std::to_string(static_cast<int>(file.format) + 1);
        for (const auto& row : file.report.refused_rows) {
            std::fprintf(stderr, "warning: refused row %s:%llu: %s\n", file.report.path.c_str(),
                         static_cast<unsigned long long>(row.line), row.reason.c_str());
        }
        files.push_back({{"path", file.report.path},
                         {"format", format},
                         {"rows", file.report.rows},
                         {"refused", file.report.refused},
                         {"rounded", file.report.rounded},
                         {"duplicates", file.duplicates}});
        if (!arguments.json) {
            std::printf("%s  %s: %llu rows, %llu refused, %llu rounded, %llu duplicates\n",
                        format.c_str(), file.report.path.c_str(),
                        static_cast<unsigned long long>(file.report.rows),
                        static_cast<unsigned long long>(file.report.refused),
                        static_cast<unsigned long long>(file.report.rounded),
                        static_cast<unsigned long long>(file.duplicates));
        }
    }
    if (arguments.json) {
        auto series = ordered_json::array();
        for (const auto& one : imported.series) {
            series.push_back({{"symbol", one->symbol.to_string()},
                              {"bars", one->bars.size()},
                              {"adjusted", one->adjusted}});
        }
        const ordered_json document{{"out", arguments.out}, {"files", files}, {"series", series}};
        std::printf("%s\n", document.dump(2).c_str());
        return;
    }
    for (const auto& series : imported.series) {
        std::printf("%-10s %zu bars\n", series->symbol.to_string().c_str(), series->bars.size());
    }
}

void run(const ImportArguments& arguments) {
    const auto options = options_of(arguments);
    const auto format = parse_bar_file_format("--write", arguments.write);
    ledger::OutputFolder folder(arguments.out, arguments.overwrite);
    const auto imported = market::import_files(arguments.files, options);
    if (imported.series.empty()) {
        throw Error(ErrorKind::data, "nothing to import", arguments.files.front(),
                    "no row was accepted");
    }
    (void)market::export_series(imported.series, folder.working_path().string(), format,
                                options.instruments);
    folder.publish(true);
    print(arguments, imported);
}

}  // namespace

void add_import(CLI::App& app) {
    auto* command = app.add_subcommand("import", "turn bars of other formats into a catalog");
    const auto arguments = std::make_shared<ImportArguments>();
    command->add_option("files", arguments->files, "files to import")->required();
    command->add_option("--out", arguments->out, "catalog folder to write; absent or empty")
        ->required();
    command->add_option("--format", arguments->format,
                        "F1 to F7; default: recognised by the header");
    command->add_option("--panel-start", arguments->panel_start,
                        "first calendar day of an F7 panel, which holds no dates");
    command->add_option("--instruments", arguments->instruments, "trading rules per symbol, TOML");
    command->add_option("--write", arguments->write, "csv or parquet")->capture_default_str();
    command->add_flag("--overwrite", arguments->overwrite, "replace an existing folder of files");
    command->add_flag("--json", arguments->json, "print one JSON document");
    command->callback([arguments] { run(*arguments); });
}

}  // namespace tradewind::tools
