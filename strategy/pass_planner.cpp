#include <algorithm>
#include <cmath>
#include <string_view>

#include "market/calendar.hpp"
#include "market/instruments.hpp"
#include "strategy/correlation.hpp"
#include "strategy/forecast_portfolio.hpp"
#include "strategy/position_rules.hpp"

namespace tradewind::strategy {
namespace {

constexpr double kKeptEntryMove = 0.0003;
constexpr std::string_view kOwnName = "forecast_portfolio";  // where no strategy was reached

Price passive(const Instrument& instrument, Price price, Side side) {
    return market::passive_price(instrument, price,
                                 side == Side::buy ? market::Passive::buy : market::Passive::sell);
}

bool is_price(double value) {
    return std::isfinite(value) && value > 0 && value < 1e9;
}

TimeInForce first_allowed(const Instrument& instrument, TimeInForce preferred,
                          TimeInForce otherwise) {
    return instrument.allows(preferred) ? preferred : otherwise;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty()) text += "; ";
        text += part;
    }
    return text;
}

// Plans one pass symbol by symbol; entries come last and in order of their forecast P&L.
class PassPlanner {
  public:
    PassPlanner(const PassInput& input, const ForecastPortfolioSettings& settings)
        : input_(input), settings_(settings), headroom_(input.headroom) {
        for (const PassSymbol& symbol : input.symbols) symbols_.push_back(&symbol);
        std::sort(symbols_.begin(), symbols_.end(), [](const PassSymbol* a, const PassSymbol* b) {
            return a->row.symbol < b->row.symbol;
        });
    }

    PassPlan run() {
        plan_.picks = input_.previous;  // until its symbol decides, a pick stands
        std::vector<AnalysisRow> rows;
        for (const PassSymbol* symbol : symbols_) rows.push_back(symbol->row);
        const PortfolioPicks full = build_portfolio(rows, settings_.portfolio, input_.probing);
        const PortfolioPicks capped =
            input_.caps ? build_portfolio(rows, *input_.caps, input_.probing) : full;
        const auto has = [](const PortfolioPicks& portfolio, std::size_t i) {
            return std::find(portfolio.picks.begin(), portfolio.picks.end(), i) !=
                   portfolio.picks.end();
        };
        const auto why = [&rows](const PortfolioPicks& portfolio, std::size_t i) {
            const auto found = portfolio.reasons.find(rows[i].symbol);
            return found == portfolio.reasons.end() ? std::string() : found->second;
        };
        for (std::size_t i = 0; i < symbols_.size(); ++i) {
            visit(*symbols_[i], {has(full, i), has(capped, i), why(full, i), why(capped, i)});
        }
        group_ = groups();
        std::stable_sort(entries_.begin(), entries_.end(),
                         [](const PassSymbol* a, const PassSymbol* b) {
                             return forecast_of(*a) > forecast_of(*b);
                         });
        if (input_.closing && settings_.overnight_leverage) shrink_for_the_night();
        choose_immediate();
        for (const PassSymbol* symbol : entries_) enter(*symbol);
        for (auto& [symbol, decision] : decisions_) plan_.decisions.push_back(std::move(decision));
        return std::move(plan_);
    }

  private:
    struct Held {
        Quantity quantity;  // signed; zero: flat
        [[nodiscard]] Side side() const { return quantity.sign() > 0 ? Side::buy : Side::sell; }
    };

    // Whether a symbol may stay (full caps) and whether it may enter (caps of the pass).
    struct Standing {
        bool stays = false;
        bool enters = false;
        std::string why_leaves;
        std::string why_not_entered;
    };

    static double forecast_of(const PassSymbol& symbol) {
        return symbol.row.evidence(symbol.row.chosen).forecast_pnl;
    }

    // A position worth less than a dollar is dust, not a position (I-24).
    [[nodiscard]] Held held(const PassSymbol& symbol) const {
        const auto found = input_.account.positions.find(symbol.row.symbol);
        if (found == input_.account.positions.end()) return {};
        const Quantity quantity = found->second.quantity;
        Price price = found->second.last_price;
        if (symbol.quote && symbol.quote->valid()) price = symbol.quote->mid();
        const Money value = price * quantity;
        if (price.sign() > 0 && value < Money::whole(1) && Money::whole(-1) < value) return {};
        return {quantity};
    }
    [[nodiscard]] const Pick* previous(const Symbol& symbol) const {
        const auto found = input_.previous.find(symbol);
        return found == input_.previous.end() ? nullptr : &found->second;
    }
    // The strategy that holds a position; a position of unknown origin counts as the chosen one's.
    [[nodiscard]] StrategyKind holder(const AnalysisRow& row) const {
        const Pick* pick = previous(row.symbol);
        return pick != nullptr ? pick->strategy : row.chosen;
    }

    Decision& decide(const PassSymbol& symbol, std::string outcome, std::string reason) {
        const AnalysisRow& row = symbol.row;
        const bool reached = row.selected && !row.refused;
        const std::string name = reached ? std::string(name_of(row.chosen)) : std::string(kOwnName);
        Decision decision;
        decision.decision_id = decision_id_of(name, row.symbol, input_.time);
        decision.time = input_.time;
        decision.symbol = row.symbol;
        decision.strategy = name;
        if (reached) decision.side = std::string(to_text(row.side));
        decision.score = reached ? row.composite_score : 0;
        decision.outcome = std::move(outcome);
        decision.reason = std::move(reason);
        return decisions_[row.symbol] = std::move(decision);
    }

    Intent intent(const PassSymbol& symbol, const Decision& decision, StrategyKind strategy,
                  Side side, Role role, Quantity quantity, std::string leg) const {
        Intent wanted;
        wanted.decision_id = decision.decision_id;
        wanted.strategy = name_of(strategy);
        wanted.symbol = symbol.row.symbol;
        wanted.time = input_.time;
        wanted.side = side;
        wanted.role = role;
        wanted.quantity = quantity;
        wanted.score = decision.score;
        wanted.leg = std::move(leg);
        wanted.reason = decision.reason;
        return wanted;
    }

    // At the open: stocks by market order, coins by an immediate limit at the touch.
    void take_touch(Intent& wanted, const PassSymbol& symbol) const {
        if (symbol.row.asset_class != AssetClass::crypto) {
            wanted.type = OrderType::market;
            wanted.time_in_force = TimeInForce::day;
            return;
        }
        wanted.type = OrderType::limit;
        wanted.time_in_force = first_allowed(symbol.instrument, TimeInForce::ioc, TimeInForce::gtc);
        wanted.limit_price = wanted.side == Side::buy ? symbol.quote->ask : symbol.quote->bid;
    }

    void cancel(const Symbol& symbol, StrategyKind strategy, std::optional<Role> role,
                const char* reason) {
        plan_.cancels.push_back({name_of(strategy), symbol, role, reason});
    }

    void visit(const PassSymbol& symbol, const Standing& standing) {
        const AnalysisRow& row = symbol.row;
        if (!symbol.decides) return;
        const Pick* before = previous(row.symbol);
        plan_.picks.erase(row.symbol);
        const Held position = held(symbol);
        if (position.quantity.is_zero()) {
            if (before != nullptr && entry_stays(symbol, *before, standing)) return;
            const std::string why = not_entered(row, standing);
            if (why.empty()) {
                entries_.push_back(&symbol);
            } else {
                decide(symbol, row.refused ? "refused" : "skipped", why);
            }
            return;
        }
        if (before != nullptr) withdraw_entry(symbol, *before);
        if (input_.closing) return before_close(symbol, position);
        const PassFacts pass{input_.time, input_.exchange_open, standing.stays, standing.why_leaves,
                             settings_.probes.life_ns};
        const std::string reason = pass_exit_reason(row, facts_of(symbol, position), pass);
        if (!reason.empty()) {
            leave(symbol, position, reason);
            const bool turns = row.side != position.side() && not_entered(row, standing).empty();
            // Worked out of gradually, a position is turned once it is flat.
            if (turns && !settings_.work_orders) entries_.push_back(&symbol);
        } else if (row.refused) {
            keep_as_is(symbol, "no analysis, the position keeps its exit plan: " + row.reason);
        } else if (!standing.stays) {
            keep_as_is(symbol, "exchange closed, the position stays: " + standing.why_leaves);
        } else if (settings_.instant_close(row) && in_bracket_family(holder(row)) &&
                   outlived_its_day(symbol)) {
            leave(symbol, position, "close_policy: the position outlived its day");
            if (!settings_.work_orders && not_entered(row, standing).empty()) {
                entries_.push_back(&symbol);
            }
        } else if (!leaves_at_close(symbol, position)) {
            keep(symbol, position);
        }
    }

    // What the pass before the close would leave, where the day has no such pass: the same bars
    // give the same verdict now. The target would hold the shares that the close is to sell.
    bool leaves_at_close(const PassSymbol& symbol, const Held& position) {
        const AnalysisRow& row = symbol.row;
        if (!input_.only_pass || !symbol.instrument.allows(TimeInForce::cls)) return false;
        if (row.asset_class == AssetClass::crypto || settings_.work_orders) return false;
        const std::string reason = close_exit_reason(row, holder(row), facts_of(symbol, position),
                                                     input_.time, settings_.probes.life_ns);
        if (reason.empty()) return false;
        leave(symbol, position, "at the close: " + reason);
        plan_.intents.back().time_in_force = TimeInForce::cls;
        return true;
    }

    // Whether a position is of an earlier day than the pass; one of unknown age is.
    [[nodiscard]] bool outlived_its_day(const PassSymbol& symbol) const {
        const Pick* before = previous(symbol.row.symbol);
        if (before == nullptr || before->opened.ns == 0) return true;
        const auto calendar = market::calendar_of(symbol.row.asset_class);
        return market::exchange_date(calendar, before->opened) <
               market::exchange_date(calendar, input_.time);
    }

    // An entry at work from an earlier pass: it stays where it is what this pass would send, or
    // where this pass enters nothing; else it is withdrawn, and what it had reserved is free again.
    bool entry_stays(const PassSymbol& symbol, const Pick& before, const Standing& standing) {
        const AnalysisRow& row = symbol.row;
        // A watcher that waits for its price has reserved nothing.
        if (headroom_.reserved_of(row.symbol).is_zero() && !settings_.work_orders) {
            withdraw_entry(symbol, before);
            return false;
        }
        const bool quiet = input_.closing || !input_.no_entries.empty();
        const bool wanted = standing.stays && !row.refused && row.chosen == before.strategy &&
                            row.side == before.side && same_entry(symbol, before);
        if (!quiet && !wanted) {
            withdraw_entry(symbol, before);
            return false;
        }
        plan_.picks[row.symbol] = before;
        decide(symbol, "kept", "the entry at work stays");
        return true;
    }

    // Coins keep their plan for a day; a share's limit is kept where it moved by 3 bp at most.
    [[nodiscard]] bool same_entry(const PassSymbol& symbol, const Pick& before) const {
        if (before.opened.ns == 0 || input_.time - before.opened >= kDay) return false;
        if (!in_bracket_family(before.strategy)) return true;  // a ramp under way
        if (symbol.row.asset_class == AssetClass::crypto) return true;
        if (!symbol.quote || !symbol.quote->valid()) return true;
        const BracketPrices prices =
            bracket_prices(symbol.row.result(symbol.row.chosen), symbol.row.side, symbol.instrument,
                           *symbol.quote, settings_);
        if (!prices.failure.empty()) return false;
        const Price now = settings_.work_orders ? prices.wanted : prices.entry;
        const double moved = now.to_double() / before.entry.to_double() - 1;
        return std::abs(moved) <= kKeptEntryMove;
    }

    // Entries of shares are day orders: where nothing is reserved, nothing works any more.
    void withdraw_entry(const PassSymbol& pass_symbol, const Pick& before) {
        const Symbol& symbol = pass_symbol.row.symbol;
        const Money reserved = headroom_.reserved_of(symbol);
        const bool may_work =
            settings_.work_orders || !pass_symbol.instrument.allows(TimeInForce::day);
        if (reserved.is_zero() && !may_work) return;
        cancel(symbol, before.strategy, Role::entry, "a new pass decides");
        headroom_.reserved.erase(symbol);
        headroom_.symbol_exposure[symbol] = headroom_.exposure_of(symbol) - reserved;
        headroom_.gross_exposure = headroom_.gross_exposure - reserved;
        // Room of nothing may stand for less than nothing: it gives nothing back.
        if (headroom_.gross_room.sign() > 0) {
            headroom_.gross_room = headroom_.gross_room + reserved;
        }
        if (headroom_.buying_power.sign() > 0) {
            headroom_.buying_power = headroom_.buying_power + reserved;
        }
    }

    // Why a flat symbol is not entered at this pass; empty: it may be.
    [[nodiscard]] std::string not_entered(const AnalysisRow& row, const Standing& standing) const {
        if (!standing.enters) {
            return standing.why_not_entered.empty() ? "not picked" : standing.why_not_entered;
        }
        if (input_.closing) return "before the close nothing enters";
        if (!input_.no_entries.empty()) return input_.no_entries;
        if (input_.known_only && previous(row.symbol) == nullptr) {
            return "the day roll only refreshes what is picked";
        }
        return {};
    }

    void before_close(const PassSymbol& symbol, const Held& position) {
        const AnalysisRow& row = symbol.row;
        const std::string reason = close_exit_reason(row, holder(row), facts_of(symbol, position),
                                                     input_.time, settings_.probes.life_ns);
        if (reason.empty()) {
            keep_as_is(symbol, "kept over night");
        } else {
            leave(symbol, position, reason);
        }
    }

    [[nodiscard]] HeldFacts facts_of(const PassSymbol& symbol, const Held& position) const {
        HeldFacts facts;
        facts.asset_class = symbol.row.asset_class;
        facts.side = position.side();
        facts.max_hold_seconds = value_for(settings_.selection.overrides.max_hold_seconds,
                                           symbol.row.symbol, holder(symbol.row));
        const Pick* pick = previous(symbol.row.symbol);
        if (pick != nullptr && pick->opened.ns != 0) facts.opened = pick->opened;
        // Above a probe's size a position counts as any other.
        const Price price = symbol.quote && symbol.quote->valid() ? symbol.quote->mid() : Price{};
        facts.probe = pick != nullptr && pick->probe &&
                      (price * position.quantity).abs() <= settings_.probes.notional_limit;
        return facts;
    }

    void keep_as_is(const PassSymbol& symbol, const std::string& reason) {
        const Pick* before = previous(symbol.row.symbol);
        if (before != nullptr) plan_.picks[symbol.row.symbol] = *before;
        decide(symbol, "kept", reason);
    }

    // The pick of a position that is still there: who opened it and when stays known.
    Pick& still_held(const PassSymbol& symbol, const Held& position) {
        const Pick* before = previous(symbol.row.symbol);
        Pick pick{holder(symbol.row), position.side(), {}, {}, {}, false};
        if (before != nullptr) {
            pick.opened = before->opened;
            pick.probe = before->probe;
        }
        return plan_.picks[symbol.row.symbol] = pick;
    }

    void leave(const PassSymbol& symbol, const Held& position, const std::string& reason) {
        const AnalysisRow& row = symbol.row;
        const StrategyKind owner = holder(row);
        // The pick stays known until the position is gone.
        still_held(symbol, position);
        const bool quoted = symbol.quote && symbol.quote->valid();
        if (row.asset_class == AssetClass::crypto && !quoted && !settings_.work_orders) {
            decide(symbol, "kept", reason + ", but no quote to leave at");
            return;
        }
        Decision& decision = decide(symbol, "ordered", reason);
        decision.side = std::string(to_text(opposite(position.side())));
        decision.quantity = position.quantity.abs();
        Intent wanted = intent(symbol, decision, owner, opposite(position.side()), Role::exit,
                               position.quantity.abs(), "close");
        if (settings_.work_orders) {
            cancel(row.symbol, owner, Role::entry, "the position leaves");
            plan_.works.push_back({WorkKind::gradual_exit, std::move(wanted), {}, false, 0});
            return;
        }
        cancel(row.symbol, owner, std::nullopt, "the position leaves");
        take_touch(wanted, symbol);
        decision.price = wanted.limit_price;
        plan_.intents.push_back(std::move(wanted));
    }

    void keep(const PassSymbol& symbol, const Held& position) {
        const AnalysisRow& row = symbol.row;
        const StrategyKind owner = holder(row);
        Pick& pick = still_held(symbol, position);
        Decision& decision = decide(symbol, "kept", "position held, side unchanged");
        decision.quantity = position.quantity.abs();
        if (!in_bracket_family(row.chosen)) {
            if (in_bracket_family(owner)) {
                cancel(row.symbol, owner, Role::exit, "the chosen strategy has no target");
            }
            return;
        }
        const StrategyResult& result = row.result(row.chosen);
        const Side out = opposite(position.side());
        const double target = position.side() == Side::buy ? result.target_buy : result.target_sell;
        if (!is_price(target)) {
            decision.reason += ", no valid target: the working one stays";
            pick.target = previous(row.symbol) != nullptr ? previous(row.symbol)->target : Price{};
            return;
        }
        if (!settings_.work_orders) cancel(row.symbol, owner, Role::exit, "the target moves");
        Intent wanted = intent(symbol, decision, owner, out, Role::exit, position.quantity.abs(),
                               "take_profit");
        wanted.type = OrderType::limit;
        wanted.time_in_force = first_allowed(symbol.instrument, TimeInForce::gtc, TimeInForce::day);
        wanted.limit_price = passive(symbol.instrument, price_of(target), out);
        decision.price = wanted.limit_price;
        pick.target = wanted.limit_price;
        if (settings_.work_orders) {
            plan_.works.push_back({WorkKind::watch_exit, std::move(wanted), {}, false, 0});
        } else {
            plan_.intents.push_back(std::move(wanted));
        }
    }

    // A flipped symbol already has a decision for its exit: the entry joins it.
    void refuse(const PassSymbol& symbol, const std::string& reason) {
        const auto found = decisions_.find(symbol.row.symbol);
        if (found == decisions_.end()) {
            decide(symbol, "refused", reason);
        } else {
            found->second.reason += "; entry refused: " + reason;
        }
    }

    void enter(const PassSymbol& symbol) {
        const AnalysisRow& row = symbol.row;
        if (!headroom_.entries_allowed) return refuse(symbol, headroom_.reason);
        if (!symbol.quote || !symbol.quote->valid()) return refuse(symbol, "quote: no bid and ask");
        if (!symbol.instrument.tradable) return refuse(symbol, "not tradable");
        if (row.side == Side::sell && !symbol.instrument.shortable) {
            return refuse(symbol, "not shortable");
        }
        if (too_often(row)) return refuse(symbol, "own limit: entries of the day");
        const bool bracket = in_bracket_family(row.chosen);
        BracketPrices prices;
        if (bracket) {
            prices = bracket_prices(row.result(row.chosen), row.side, symbol.instrument,
                                    *symbol.quote, settings_);
            if (!prices.failure.empty()) return refuse(symbol, prices.failure);
        }
        Price price = prices.entry;
        if (!bracket) price = row.side == Side::buy ? symbol.quote->ask : symbol.quote->bid;
        const SizingSettings sizing = sizing_of(row);
        const EntryFacts facts = entry_facts(row);
        const SizedEntry size =
            size_entry(symbol.instrument, price, headroom_, entered_, facts, sizing);
        if (size.quantity.sign() <= 0) return refuse(symbol, "no headroom: " + size.limit);

        std::vector<std::string> reasons = row.notes;
        if (const auto exit = decisions_.find(row.symbol); exit != decisions_.end()) {
            reasons.insert(reasons.begin(), exit->second.reason);
        }
        Decision& decision = decide(symbol, "ordered", joined(reasons));
        decision.quantity = size.quantity;
        Intent wanted =
            intent(symbol, decision, row.chosen, row.side, Role::entry, size.quantity, "open");
        if (bracket) {
            wanted.type = OrderType::limit;
            wanted.time_in_force =
                first_allowed(symbol.instrument, TimeInForce::day, TimeInForce::gtc);
            wanted.limit_price = prices.entry;
            wanted.exit_plan.target = prices.target;
            wanted.exit_plan.target_time_in_force =
                first_allowed(symbol.instrument, TimeInForce::gtc, TimeInForce::day);
            wanted.exit_plan.leave_at_close = settings_.instant_close(row);
        } else {
            take_touch(wanted, symbol);
        }
        decision.price = wanted.limit_price;
        const Money notional = price * size.quantity;
        entered_ = entered_ + notional;
        headroom_ = after_entry(std::move(headroom_), row.symbol, notional, sizing);
        if (bracket) ++watchers_;
        const Price limit = settings_.work_orders ? prices.wanted : prices.entry;
        plan_.picks[row.symbol] = {row.chosen,    row.side,    limit,
                                   prices.target, input_.time, facts.probe};
        if (!settings_.work_orders) {
            plan_.intents.push_back(std::move(wanted));
            return;
        }
        wanted.limit_price = limit;
        plan_.works.push_back({bracket ? WorkKind::watch_entry : WorkKind::ramp_entry,
                               std::move(wanted),
                               {},
                               immediate_.contains(row.symbol),
                               forecast_of(symbol)});
    }

    // The always-on picks of the highest average return do not wait for their price.
    void choose_immediate() {
        std::vector<const PassSymbol*> always_on;
        for (const PassSymbol* symbol : entries_) {
            if (symbol->row.chosen == StrategyKind::maxdiffalwayson) always_on.push_back(symbol);
        }
        const auto average = [](const PassSymbol* symbol) {
            return symbol->row.evidence(StrategyKind::maxdiffalwayson).avg_return;
        };
        std::stable_sort(
            always_on.begin(), always_on.end(),
            [&](const PassSymbol* a, const PassSymbol* b) { return average(a) > average(b); });
        if (always_on.size() > settings_.immediate_always_on) {
            always_on.resize(settings_.immediate_always_on);
        }
        for (const PassSymbol* symbol : always_on) immediate_.insert(symbol->row.symbol);
        std::uint32_t coins = input_.exchange_open ? settings_.immediate_night_coins : 0;
        for (const PassSymbol* symbol : entries_) {  // in order of their forecast P&L
            const bool coin = symbol->row.asset_class == AssetClass::crypto &&
                              coins < settings_.immediate_night_coins;
            if (coin) ++coins;
            if (coin || settings_.immediate_entries) immediate_.insert(symbol->row.symbol);
        }
    }

    // Shares leave, the least forecast first, until what stays fits under the night's leverage.
    void shrink_for_the_night() {
        Money excess = excess_exposure(input_.account, *settings_.overnight_leverage);
        std::vector<const PassSymbol*> kept;
        for (const PassSymbol* symbol : symbols_) {
            const Held position = held(*symbol);
            const auto decision = decisions_.find(symbol->row.symbol);
            if (position.quantity.is_zero() || decision == decisions_.end()) continue;
            if (decision->second.outcome == "ordered") {
                excess = excess - value_of(*symbol);
            } else if (symbol->row.asset_class != AssetClass::crypto) {
                kept.push_back(symbol);
            }
        }
        std::stable_sort(kept.begin(), kept.end(), [](const PassSymbol* a, const PassSymbol* b) {
            return forecast_of(*a) < forecast_of(*b);
        });
        for (const PassSymbol* symbol : kept) {
            if (excess.sign() <= 0) return;
            excess = excess - value_of(*symbol);
            leave(*symbol, held(*symbol), "overnight_leverage: too much for the night");
        }
    }

    [[nodiscard]] Money value_of(const PassSymbol& symbol) const {
        const auto found = input_.account.positions.find(symbol.row.symbol);
        return found == input_.account.positions.end() ? Money{}
                                                       : found->second.market_value().abs();
    }

    [[nodiscard]] bool too_often(const AnalysisRow& row) const {
        const auto most =
            value_for(settings_.selection.overrides.max_entries, row.symbol, row.chosen);
        const auto made = input_.entries_today.find(row.symbol);
        return most && made != input_.entries_today.end() && made->second >= *most;
    }

    // Symbols that move together, among those held and those that want to enter.
    [[nodiscard]] CorrelatedGroups groups() const {
        std::map<Symbol, std::span<const DatedReturn>> returns;
        for (const PassSymbol* symbol : symbols_) {
            const AnalysisRow& row = symbol->row;
            const bool wants =
                std::find(entries_.begin(), entries_.end(), symbol) != entries_.end();
            if (wants || headroom_.exposure_of(row.symbol).sign() > 0) {
                returns[row.symbol] = row.recent_returns;
            }
        }
        return correlated_groups(returns, settings_.sizing.group_correlation);
    }

    [[nodiscard]] EntryFacts entry_facts(const AnalysisRow& row) const {
        const SymbolOverrides& own = settings_.selection.overrides;
        EntryFacts facts;
        facts.kelly_branch = !in_maxdiff_family(row.chosen);
        facts.kelly_fraction = row.kelly_fraction;
        facts.kelly_scale = value_for(own.kelly_scale, row.symbol, row.chosen).value_or(1);
        facts.drawdown = drawdown_of(input_.account);
        facts.probe = input_.probe_only || input_.probing.contains(row.symbol) ||
                      value_for(own.force_probe, row.symbol, row.chosen).value_or(0) != 0;
        facts.limit_entry = in_bracket_family(row.chosen);
        facts.watchers = watchers_;
        const auto group = group_.find(row.symbol);
        if (group != group_.end() && group->second.size() > 1) {
            Money together;
            for (const Symbol member : group->second) {
                together = together + headroom_.exposure_of(member);
            }
            facts.group_exposure = together;
        }
        return facts;
    }

    // Fees of an entry stay free in buying power.
    [[nodiscard]] SizingSettings sizing_of(const AnalysisRow& row) const {
        SizingSettings sizing = settings_.sizing;
        if (input_.leverage_threshold) sizing.leverage_threshold = *input_.leverage_threshold;
        const SymbolOverrides& own = settings_.selection.overrides;
        if (const auto cap = value_for(own.kelly_drawdown_cap, row.symbol, row.chosen)) {
            sizing.kelly_drawdown_cap = cap;
        }
        sizing.kelly_drawdown_min_scale =
            value_for(own.kelly_drawdown_min_scale, row.symbol, row.chosen)
                .value_or(sizing.kelly_drawdown_min_scale);
        const EvaluationCosts& costs = settings_.costs_of(row.asset_class);
        const double fee = std::max(costs.maker_fee, costs.taker_fee);
        sizing.entry_cost =
            std::max(sizing.entry_cost, Fraction::from_units(static_cast<std::int64_t>(
                                            std::ceil(fee * static_cast<double>(Fraction::kOne)))));
        return sizing;
    }

    const PassInput& input_;
    const ForecastPortfolioSettings& settings_;
    std::vector<const PassSymbol*> symbols_;
    std::vector<const PassSymbol*> entries_;
    std::map<Symbol, Decision> decisions_;
    Headroom headroom_;
    Money entered_;
    CorrelatedGroups group_;
    std::uint32_t watchers_ = 0;  // limit entries planned in this pass
    std::set<Symbol> immediate_;
    PassPlan plan_;
};

}  // namespace

BracketPrices bracket_prices(const StrategyResult& result, Side side, const Instrument& instrument,
                             const Quote& quote, const ForecastPortfolioSettings& settings) {
    const double entry = side == Side::buy ? result.entry_buy : result.entry_sell;
    const double target = side == Side::buy ? result.target_buy : result.target_sell;
    BracketPrices prices;
    if (!is_price(entry) || !is_price(target)) {
        prices.failure = "entry or target is not a positive price";
        return prices;
    }
    // Never across the touch: a buy at most at the bid, a sell at least at the ask.
    const Price wanted = price_of(entry);
    const Price limit =
        side == Side::buy ? std::min(wanted, quote.bid) : std::max(wanted, quote.ask);
    prices.entry = passive(instrument, limit, side);
    prices.wanted = passive(instrument, wanted, side);
    prices.target = passive(instrument, price_of(target), opposite(side));
    if (prices.entry.sign() <= 0 || prices.target.sign() <= 0) {
        prices.failure = "entry or target rounds to nothing";
        return prices;
    }
    const double buy = (side == Side::buy ? prices.entry : prices.target).to_double();
    const double sell = (side == Side::buy ? prices.target : prices.entry).to_double();
    if (!((sell - buy) / buy >= settings.min_target_distance_bp * 1e-4)) {
        prices.failure = "target is not beyond the entry by the minimum distance";
    } else if (std::abs(prices.entry.to_double() / quote.mid().to_double() - 1) >
               settings.max_entry_distance) {
        prices.failure = "entry is too far from the mid";
    }
    return prices;
}

PassPlan plan_daily_pass(const PassInput& input, const ForecastPortfolioSettings& settings) {
    return PassPlanner(input, settings).run();
}

}  // namespace tradewind::strategy
