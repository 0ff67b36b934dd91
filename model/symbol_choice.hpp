// Which forecaster is the best for one symbol: the smallest mean absolute error of the next close,
// in percentage return, on the newest 20 validation and 20 test bars. The second one is the
// fallback, whose use a decision must show (entry gate 1).
//
// The errors are walk-forward: a bar is forecast from the bars before it alone, by the forecasters
// that trade, through their Forecaster interface. Stored as one small versioned record per symbol;
// a broken one is refused: Error (data). A function of bars and forecasters; the thread of their
// owner. Source: strategies spec 5.1, 5.6.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "messages/time.hpp"
#include "model/forecaster.hpp"

namespace tradewind::model {

struct SymbolChoiceOptions {
    std::uint32_t validation_bars = 20;
    std::uint32_t test_bars = 20;
};

// A forecaster under its name in the settings. Not owned.
struct NamedForecaster {
    std::string name;
    Forecaster* forecaster = nullptr;
};

struct CandidateError {
    std::string name;
    std::string producer;       // Forecaster::id()
    double validation_mae = 0;  // mean |predicted close / last close - close / last close|
    double test_mae = 0;
    double mae = 0;  // over both
    friend bool operator==(const CandidateError&, const CandidateError&) = default;
};

struct SymbolChoice {
    Symbol symbol;
    Timestamp last_bar;  // start of the newest bar judged
    std::uint32_t validation_bars = 0;
    std::uint32_t test_bars = 0;
    // Best first; equal errors keep the order of the candidates. Never empty.
    std::vector<CandidateError> candidates;

    [[nodiscard]] const CandidateError& best() const { return candidates.front(); }
    // Whether a forecast by `producer` is a fallback: not by the best forecaster.
    [[nodiscard]] bool is_fallback(const std::string& producer) const {
        return best().producer != producer;
    }
    friend bool operator==(const SymbolChoice&, const SymbolChoice&) = default;
};

// Judges on the newest of the first `visible` bars of the series. Candidates that refuse the rows
// are left out; bars that contradict themselves (and those after them) are not judged. Empty: no
// candidate answers, or a bar count is zero once such bars are taken off.
[[nodiscard]] std::optional<SymbolChoice> choose_for_symbol(
    const BarSeriesPtr& series, std::size_t visible, std::span<const NamedForecaster> candidates,
    const SymbolChoiceOptions& options = {});

[[nodiscard]] std::string symbol_choice_json(const SymbolChoice& choice);
[[nodiscard]] SymbolChoice parse_symbol_choice(const std::string& text, const std::string& where);

// FOLDER/SYMBOL.json; empty: no such file. The folder must exist to store.
[[nodiscard]] std::optional<SymbolChoice> read_symbol_choice(const std::string& folder,
                                                             const Symbol& symbol);
void store_symbol_choice(const std::string& folder, const SymbolChoice& choice);

}  // namespace tradewind::model
