#include "model/symbol_choice.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/record_reader.hpp"

namespace tradewind::model {

namespace {

using nlohmann::ordered_json;

constexpr const char* kFormat = "tradewind-symbol-choice";
constexpr std::int64_t kVersion = 1;
constexpr double kLargestError = 1e6;
constexpr std::uint64_t kMostBars = 1'000'000;

// The newest `wanted` bars before `visible` whose forecast and outcome can be judged, ascending.
std::vector<ForecastRow> rows_of(const BarSeries& series, std::size_t visible, std::size_t wanted) {
    std::vector<ForecastRow> rows;
    for (std::size_t i = visible; i-- > 1 && rows.size() < wanted;) {
        if (series.bars[i].suspect || series.bars[i - 1].suspect) continue;
        rows.push_back({static_cast<std::uint32_t>(i)});
    }
    std::reverse(rows.begin(), rows.end());
    return rows;
}

double error_at(const BarSeries& series, const Forecast& forecast, std::size_t row) {
    const std::uint32_t i = forecast.rows[row].end_index;
    const double outcome =
        series.bars[i].close.to_double() / series.bars[i - 1].close.to_double() - 1;
    return std::abs(point_value(forecast.at(row, 0, Series::close)) - outcome);
}

CandidateError candidate_of(RecordReader reader) {
    CandidateError candidate;
    candidate.name = reader.text("name");
    candidate.producer = reader.text("producer");
    candidate.validation_mae = reader.number("validation_mae", 0, kLargestError);
    candidate.test_mae = reader.number("test_mae", 0, kLargestError);
    candidate.mae = reader.number("mae", 0, kLargestError);
    reader.finish();
    return candidate;
}

std::string file_of(const std::string& folder, const Symbol& symbol) {
    std::string name = symbol.to_string();
    std::replace(name.begin(), name.end(), '/', '-');  // BTC/USD
    return folder + "/" + name + ".json";
}

}  // namespace

std::optional<SymbolChoice> choose_for_symbol(const BarSeriesPtr& series, std::size_t visible,
                                              std::span<const NamedForecaster> candidates,
                                              const SymbolChoiceOptions& options) {
    ensure(visible <= series->bars.size(), "visible bars are bars of the series");
    const std::size_t wanted = std::size_t{options.validation_bars} + options.test_bars;
    ForecastRequest request;
    request.symbol = series->symbol;
    request.series = series;
    request.rows = rows_of(*series, visible, wanted);
    if (request.rows.size() < wanted || wanted == 0) return std::nullopt;
    SymbolChoice choice;
    choice.symbol = series->symbol;
    choice.last_bar = series->bars[request.rows.back().end_index].start;
    choice.validation_bars = options.validation_bars;
    choice.test_bars = options.test_bars;
    for (const NamedForecaster& candidate : candidates) {
        const Forecast forecast = candidate.forecaster->forecast(std::span(&request, 1)).front();
        if (!forecast.refusal.empty()) continue;
        CandidateError error;
        error.name = candidate.name;
        error.producer = candidate.forecaster->id();
        double validation = 0;
        double test = 0;
        for (std::size_t row = 0; row < wanted; ++row) {
            (row < options.validation_bars ? validation : test) += error_at(*series, forecast, row);
        }
        error.validation_mae = validation / std::max(1U, options.validation_bars);
        error.test_mae = test / std::max(1U, options.test_bars);
        error.mae = (validation + test) / static_cast<double>(wanted);
        choice.candidates.push_back(error);
    }
    if (choice.candidates.empty()) return std::nullopt;
    std::stable_sort(choice.candidates.begin(), choice.candidates.end(),
                     [](const auto& a, const auto& b) { return a.mae < b.mae; });
    return choice;
}

std::string symbol_choice_json(const SymbolChoice& choice) {
    ordered_json candidates = ordered_json::array();
    for (const CandidateError& candidate : choice.candidates) {
        candidates.push_back({{"name", candidate.name},
                              {"producer", candidate.producer},
                              {"validation_mae", candidate.validation_mae},
                              {"test_mae", candidate.test_mae},
                              {"mae", candidate.mae}});
    }
    const ordered_json record{{"format", kFormat},
                              {"version", kVersion},
                              {"symbol", choice.symbol.to_string()},
                              {"last_bar", format_time(choice.last_bar)},
                              {"validation_bars", choice.validation_bars},
                              {"test_bars", choice.test_bars},
                              {"candidates", candidates}};
    return record.dump(1) + "\n";
}

SymbolChoice parse_symbol_choice(const std::string& text, const std::string& where) {
    const nlohmann::json json = parse_record(text, where);
    RecordReader reader(json, where);
    reader.expect_format(kFormat, kVersion);
    SymbolChoice choice;
    const std::string symbol = reader.text("symbol");
    if (!Symbol::valid(symbol)) reader.refuse("symbol", "is not a symbol");
    choice.symbol = Symbol(symbol);
    const auto last_bar = parse_time(reader.text("last_bar"));
    if (!last_bar) reader.refuse("last_bar", "is not a time");
    choice.last_bar = *last_bar;
    for (const auto& [key, bars] : {std::pair{"validation_bars", &choice.validation_bars},
                                    {"test_bars", &choice.test_bars}}) {
        const std::uint64_t count = reader.count(key);
        if (count > kMostBars) reader.refuse(key, "is too large");
        *bars = static_cast<std::uint32_t>(count);
    }
    for (RecordReader& candidate : reader.objects("candidates")) {
        choice.candidates.push_back(candidate_of(candidate));
    }
    if (choice.candidates.empty()) reader.refuse("candidates", "is empty");
    if (!std::is_sorted(choice.candidates.begin(), choice.candidates.end(),
                        [](const auto& a, const auto& b) { return a.mae < b.mae; })) {
        reader.refuse("candidates", "are not in order of their error");
    }
    reader.finish();
    return choice;
}

std::optional<SymbolChoice> read_symbol_choice(const std::string& folder, const Symbol& symbol) {
    const std::string file = file_of(folder, symbol);
    std::error_code fault;
    if (!std::filesystem::exists(file, fault)) return std::nullopt;
    SymbolChoice choice = parse_symbol_choice(read_record_text(file), file);
    if (choice.symbol != symbol) {
        throw Error(ErrorKind::data, "model record key symbol", file,
                    "is " + choice.symbol.to_string(), "restore the file, or make it again");
    }
    return choice;
}

void store_symbol_choice(const std::string& folder, const SymbolChoice& choice) {
    write_record_text(file_of(folder, choice.symbol), symbol_choice_json(choice));
}

}  // namespace tradewind::model
