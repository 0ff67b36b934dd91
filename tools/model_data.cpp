#include "tools/model_data.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "market/catalog/bar_reader.hpp"
#include "messages/error.hpp"

namespace tradewind::tools {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_of(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const auto& path : paths) {
        if (!fs::is_directory(path)) {
            files.push_back(path);
            continue;
        }
        std::vector<std::string> inside;
        for (const auto& entry : fs::directory_iterator(path)) {
            const auto extension = entry.path().extension();
            if (entry.is_regular_file() && (extension == ".csv" || extension == ".parquet")) {
                inside.push_back(entry.path().string());
            }
        }
        if (inside.empty()) {
            throw Error(ErrorKind::data, "data folder", path, "it holds no .csv or .parquet file");
        }
        std::sort(inside.begin(), inside.end());
        files.insert(files.end(), inside.begin(), inside.end());
    }
    return files;
}

bool holds(const std::vector<Symbol>& symbols, const Symbol& symbol) {
    return std::find(symbols.begin(), symbols.end(), symbol) != symbols.end();
}

}  // namespace

std::vector<ModelSeries> read_model_series(const std::vector<std::string>& paths,
                                           const std::vector<Symbol>& symbols,
                                           const std::vector<Symbol>& excluded) {
    market::ReadOptions read;
    read.on_bad_row = market::OnBadRow::skip;
    std::vector<ModelSeries> found;
    std::set<Symbol> seen;
    for (const auto& file : files_of(paths)) {
        const auto catalog = market::read_catalog({file}, read);
        for (const auto& series : catalog.series) {
            seen.insert(series->symbol);
            if (holds(excluded, series->symbol)) continue;
            if (!symbols.empty() && !holds(symbols, series->symbol)) continue;
            found.push_back({series, file, catalog.files.front().sha256});
        }
    }
    for (const auto* wanted : {&symbols, &excluded}) {
        for (const auto& symbol : *wanted) {
            if (seen.contains(symbol)) continue;
            throw Error(ErrorKind::data, "symbol " + symbol.to_string(), "--data",
                        "no file has bars of it", "check the spelling");
        }
    }
    return found;
}

}  // namespace tradewind::tools
