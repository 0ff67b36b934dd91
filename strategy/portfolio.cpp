#include "strategy/portfolio.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace tradewind::strategy {
namespace {

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty()) text += "; ";
        text += part;
    }
    return text;
}

std::string why_not(const AnalysisRow& row, bool open, bool simplified) {
    if (row.refused || !row.selected) return row.reason;
    if (!open) return "blocked: " + joined(row.blocks);
    const StrategyEvidence evidence = row.evidence(row.chosen);
    if (!(evidence.avg_return > 0)) return "average return is not positive";
    if (!simplified && !(evidence.forecast_pnl > 0)) return "forecast P&L is not positive";
    if ((row.side == Side::buy) != (row.expected_move_pct > 0) && simplified) {
        return "the side is not that of the expected move";
    }
    return "outranked: the portfolio is full";
}

class Builder {
  public:
    Builder(std::span<const AnalysisRow> rows, const std::set<Symbol>& probing)
        : rows_(rows), probing_(probing) {
        ranked_.resize(rows.size());
        std::iota(ranked_.begin(), ranked_.end(), std::size_t{0});
        std::erase_if(ranked_, [&rows](std::size_t i) { return !rows[i].selected; });
        rank_by([](const AnalysisRow& row) { return std::make_tuple(row.composite_score, 0.0); });
    }

    // Descending by `value`; ties by symbol, so that the order of the rows does not matter.
    template <class Value>
    void rank_by(Value&& value) {
        std::sort(ranked_.begin(), ranked_.end(), [&](std::size_t a, std::size_t b) {
            const auto left = value(rows_[a]);
            const auto right = value(rows_[b]);
            return left != right ? left > right : rows_[a].symbol < rows_[b].symbol;
        });
    }
    template <class Wanted>
    void take(std::size_t limit, Wanted&& wanted) {
        for (const std::size_t i : ranked_) {
            if (picks_.size() >= limit) return;
            if (!picked(i) && wanted(rows_[i])) picks_.push_back(i);
        }
    }
    // Probes must be in: at capacity each evicts the worst row that is none.
    void force_probes(std::size_t capacity) {
        for (const std::size_t i : ranked_) {
            if (!is_probe(rows_[i]) || picked(i)) continue;
            if (picks_.size() < capacity) {
                picks_.push_back(i);
                continue;
            }
            auto worst = picks_.end();
            for (auto it = picks_.begin(); it != picks_.end(); ++it) {
                if (is_probe(rows_[*it])) continue;
                if (worst == picks_.end() || comes_after(*it, *worst)) worst = it;
            }
            if (worst == picks_.end()) continue;
            picks_.erase(worst);
            picks_.push_back(i);
        }
    }
    [[nodiscard]] bool is_probe(const AnalysisRow& row) const {
        return probing_.contains(row.symbol);
    }
    [[nodiscard]] bool open(const AnalysisRow& row) const {
        return !row.trade_blocked || is_probe(row);
    }
    [[nodiscard]] std::size_t size() const { return picks_.size(); }
    [[nodiscard]] bool picked(std::size_t i) const {
        return std::find(picks_.begin(), picks_.end(), i) != picks_.end();
    }
    PortfolioPicks finish(const PortfolioSettings& settings) {
        force_probes(std::max<std::size_t>(settings.expanded.value_or(0), settings.max_picks));
        PortfolioPicks result;
        result.picks = picks_;
        std::sort(result.picks.begin(), result.picks.end(),
                  [this](std::size_t a, std::size_t b) { return comes_after(b, a); });
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (picked(i)) continue;
            result.reasons[rows_[i].symbol] =
                why_not(rows_[i], open(rows_[i]), settings.simplified);
        }
        return result;
    }

  private:
    [[nodiscard]] bool comes_after(std::size_t a, std::size_t b) const {
        if (rows_[a].composite_score != rows_[b].composite_score) {
            return rows_[a].composite_score < rows_[b].composite_score;
        }
        return rows_[b].symbol < rows_[a].symbol;
    }
    std::span<const AnalysisRow> rows_;
    const std::set<Symbol>& probing_;
    std::vector<std::size_t> ranked_;
    std::vector<std::size_t> picks_;
};

}  // namespace

PortfolioPicks build_portfolio(std::span<const AnalysisRow> rows, const PortfolioSettings& settings,
                               const std::set<Symbol>& probing) {
    Builder builder(rows, probing);
    const auto own_return = [](const AnalysisRow& row) {
        return row.evidence(row.chosen).avg_return;
    };
    const auto forecast = [](const AnalysisRow& row) {
        return row.evidence(row.chosen).forecast_pnl;
    };
    if (settings.simplified) {
        builder.rank_by(
            [&](const AnalysisRow& row) { return std::make_tuple(own_return(row), 0.0); });
        builder.take(settings.max_picks, [&](const AnalysisRow& row) {
            return builder.open(row) && own_return(row) > 0 &&
                   (row.side == Side::buy) == (row.expected_move_pct > 0);
        });
        return builder.finish(settings);
    }
    builder.take(settings.max_picks, [&](const AnalysisRow& row) {
        return builder.open(row) && own_return(row) > 0 && forecast(row) > 0;
    });
    builder.take(std::min(settings.min_core, settings.max_picks), [&](const AnalysisRow& row) {
        return builder.open(row) && own_return(row) > 0 && row.composite_score > 0;
    });
    if (settings.expanded && builder.size() < *settings.expanded) {
        builder.rank_by([](const AnalysisRow& row) {
            return std::make_tuple(row.edge_strength, row.composite_score);
        });
        builder.take(*settings.expanded, [&](const AnalysisRow& row) {
            return !row.trade_blocked && own_return(row) > 0 && forecast(row) > 0;
        });
    }
    return builder.finish(settings);
}

}  // namespace tradewind::strategy
