#include "market/catalog/bar_reader.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "market/catalog/csv_parser.hpp"
#include "market/catalog/parquet_file.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

namespace fs = std::filesystem;

struct Source {
    std::string path;
    const CatalogNotes* notes = nullptr;  // null: none
};

struct Piece {
    SeriesBuilder::Finished finished;
    const Source* source = nullptr;
};

bool is_data_file(const fs::path& path) {
    return path.extension() == ".csv" || path.extension() == ".parquet";
}

// Folders become their files, sorted by name; the notes live in `notes`.
std::vector<Source> sources_of(const std::vector<std::string>& paths,
                               std::map<std::string, CatalogNotes>& notes) {
    std::vector<Source> sources;
    const auto note_of = [&](const fs::path& folder) -> const CatalogNotes* {
        const std::string key = folder.empty() ? "." : folder.string();
        const auto [at, added] = notes.try_emplace(key);
        if (added) at->second = read_catalog_notes(key);
        return &at->second;
    };
    for (const auto& path : paths) {
        std::error_code error;
        const auto status = fs::status(path, error);
        if (!fs::exists(status)) {
            throw Error(ErrorKind::data, "data path", path, "no such file or folder");
        }
        if (!fs::is_directory(status)) {
            sources.push_back({path, note_of(fs::path(path).parent_path())});
            continue;
        }
        std::vector<std::string> files;
        for (const auto& entry : fs::directory_iterator(path, error)) {
            if (is_data_file(entry.path()) && !entry.is_directory()) {
                files.push_back(entry.path().string());
            }
        }
        if (error) throw Error(ErrorKind::data, "data folder", path, error.message());
        if (files.empty()) {
            throw Error(ErrorKind::data, "data folder", path, "it holds no .csv or .parquet file");
        }
        std::sort(files.begin(), files.end());
        for (auto& file : files) sources.push_back({std::move(file), note_of(path)});
    }
    return sources;
}

bool is_parquet(const std::string& path) {
    if (fs::is_directory(path)) return false;
    std::ifstream file(path, std::ios::binary);
    char magic[4] = {};
    file.read(magic, sizeof magic);
    return file.gcount() == sizeof magic && std::memcmp(magic, "PAR1", sizeof magic) == 0;
}

// Reads one file; no series when nothing in it is wanted.
std::vector<SeriesBuilder::Finished> read_file(const std::string& path, const ReadOptions& options,
                                               FileReport& report) {
    report.path = path;
    if (is_parquet(path)) return read_parquet_file(path, options, report);
    if (fs::path(path).extension() == ".parquet") {
        throw Error(ErrorKind::data, "Parquet file", path,
                    fs::is_empty(path) ? "the file is empty" : "the file is not Parquet");
    }
    return read_csv_file(path, options, report);
}

std::string length_text(const BarSeries& series) {
    return series.daily ? "1 day" : std::to_string(series.interval_ns / kSecond) + " s";
}

// Several files of one symbol follow each other in time.
void append(Piece& whole, const Piece& part) {
    auto& into = *whole.finished.series;
    const auto& from = *part.finished.series;
    const auto refuse = [&](const std::string& why, const std::string& remedy) {
        throw Error(ErrorKind::data, "series " + into.symbol.to_string(),
                    whole.source->path + " and " + part.source->path, why, remedy);
    };
    if (into.interval_ns != from.interval_ns || into.daily != from.daily) {
        refuse("bars of two lengths, " + length_text(into) + " and " + length_text(from),
               "give files of one length, or --interval");
    }
    if (from.bars.front().start <= into.bars.back().start) {
        refuse("both hold bars at " + format_time(from.bars.front().start), "give one of them");
    }
    into.bars.insert(into.bars.end(), from.bars.begin(), from.bars.end());
    auto& report = whole.finished.report;
    const auto& other = part.finished.report;
    report.bars += other.bars;
    report.suspect += other.suspect;
    report.without_session += other.without_session;
    report.suspect_bars.insert(report.suspect_bars.end(), other.suspect_bars.begin(),
                               other.suspect_bars.end());
    report.days_without_session.insert(report.days_without_session.end(),
                                       other.days_without_session.begin(),
                                       other.days_without_session.end());
}

void note(Piece& piece) {
    auto& series = *piece.finished.series;
    if (piece.source->notes == nullptr) return;
    series.adjusted = piece.source->notes->is_adjusted(series.symbol);
    const auto moves = piece.source->notes->accepted_moves.find(series.symbol);
    if (moves != piece.source->notes->accepted_moves.end()) {
        piece.finished.report.accepted_moves = moves->second;
    }
}

void check_wanted(const std::vector<Symbol>& symbols, const Catalog& catalog) {
    for (const auto& symbol : symbols) {
        if (catalog.find(symbol) != nullptr) continue;
        std::string known;
        for (std::size_t i = 0; i < catalog.series.size() && i < 10; ++i) {
            known += (i == 0 ? "" : ", ") + catalog.series[i]->symbol.to_string();
        }
        throw Error(ErrorKind::data, "symbol " + symbol.to_string(), "--symbols",
                    "the data has no bars of it",
                    known.empty() ? "check the spelling" : "found so far: " + known);
    }
}

}  // namespace

BarSeriesPtr Catalog::find(const Symbol& symbol) const {
    const auto at = std::lower_bound(series.begin(), series.end(), symbol,
                                     [](const BarSeriesPtr& s, const Symbol& wanted_symbol) {
                                         return s->symbol < wanted_symbol;
                                     });
    return at != series.end() && (*at)->symbol == symbol ? *at : nullptr;
}

Catalog read_catalog(const std::vector<std::string>& paths, const ReadOptions& options) {
    std::map<std::string, CatalogNotes> notes;
    const auto sources = sources_of(paths, notes);
    Catalog catalog;
    std::map<Symbol, std::vector<Piece>> by_symbol;
    for (const auto& source : sources) {
        FileReport report;
        auto read = read_file(source.path, options, report);
        if (read.empty() && report.rows == 0) continue;
        for (auto& finished : read) {
            Piece piece{std::move(finished), &source};
            if (piece.finished.series->bars.empty()) continue;
            note(piece);
            by_symbol[piece.finished.series->symbol].push_back(std::move(piece));
        }
        catalog.files.push_back(std::move(report));
    }
    for (auto& [symbol, pieces] : by_symbol) {
        std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
            return a.finished.series->bars.front().start < b.finished.series->bars.front().start;
        });
        for (std::size_t i = 1; i < pieces.size(); ++i) append(pieces.front(), pieces[i]);
        catalog.series.push_back(std::move(pieces.front().finished.series));
        catalog.series_reports.push_back(std::move(pieces.front().finished.report));
    }
    check_wanted(options.symbols, catalog);
    if (catalog.series.empty()) {
        throw Error(ErrorKind::data, "data", paths.empty() ? "--data" : paths.front(),
                    "no bars were found");
    }
    return catalog;
}

}  // namespace tradewind::market
