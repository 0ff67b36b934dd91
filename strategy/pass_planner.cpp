#include <algorithm>
#include <cmath>
#include <string_view>

#include "market/instruments.hpp"
#include "strategy/entry_terms.hpp"
#include "strategy/held_position.hpp"
#include "strategy/position_rules.hpp"

namespace tradewind::strategy {
namespace {

constexpr double kKeptEntryMove = 0.0003;
constexpr Fraction kRoomOfLeg = Fraction::from_units(990'000'000);  // above the watchers' tolerance
constexpr std::string_view kOwnName = "forecast_portfolio";         // where no strategy was reached

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
        plan_.rejections = count_rejections(rows, full);
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
        group_ = entry_groups(symbols_, entries_, headroom_, settings_);
        std::stable_sort(entries_.begin(), entries_.end(),
                         [](const PassSymbol* a, const PassSymbol* b) {
                             return forecast_of(*a) > forecast_of(*b);
                         });
        if (input_.closing && settings_.overnight_leverage) shrink_for_the_night();
        immediate_ = immediate_entries(entries_, input_, settings_);
        for (const PassSymbol* symbol : entries_) enter(*symbol);
        for (const PassSymbol* symbol : waiting_legs_) renew_leg(*symbol);
        for (auto& [symbol, decision] : decisions_) plan_.decisions.push_back(std::move(decision));
        return std::move(plan_);
    }

  private:
    using Held = HeldPosition;

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

    [[nodiscard]] Held held(const PassSymbol& symbol) const {
        return held_position(symbol, input_);
    }
    [[nodiscard]] const Pick* previous(const Symbol& symbol) const {
        const auto found = input_.previous.find(symbol);
        return found == input_.previous.end() ? nullptr : &found->second;
    }
    [[nodiscard]] StrategyKind holder(const AnalysisRow& row) const {
        return holder_of(row, input_);
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

    Intent intent(const PassSymbol& symbol, const Decision& decision, std::string strategy,
                  Side side, Role role, Quantity quantity, std::string leg) const {
        Intent wanted;
        wanted.decision_id = decision.decision_id;
        wanted.strategy = std::move(strategy);
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

    void cancel(const Symbol& symbol, std::string strategy, std::optional<Role> role,
                const char* reason, std::optional<Side> side = std::nullopt) {
        plan_.cancels.push_back({std::move(strategy), symbol, role, reason, side});
    }
    [[nodiscard]] bool both_sides(const PassSymbol& symbol) const {
        return on_both_sides(symbol.row, symbol.instrument, settings_);
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
        if (before != nullptr) {
            // The leg of the other side waits on.
            const bool alone = !before->two_sided() || !settings_.work_orders;
            withdraw_entry(symbol, *before, alone ? std::nullopt : std::optional(position.side()));
        }
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
            keep_as_is(symbol, position,
                       "no analysis, the position keeps its exit plan: " + row.reason);
        } else if (!standing.stays) {
            keep_as_is(symbol, position,
                       "exchange closed, the position stays: " + standing.why_leaves);
        } else if (settings_.instant_close(row) && in_bracket_family(holder(row)) &&
                   outlived_its_day(symbol, input_)) {
            leave(symbol, position, "close_policy: the position outlived its day");
            if (!settings_.work_orders && not_entered(row, standing).empty()) {
                entries_.push_back(&symbol);
            }
        } else if (!leaves_at_close(symbol, position)) {
            keep(symbol, position);
            keep_leg(symbol, position);
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

    // An entry at work from an earlier pass: it stays where it is what this pass would send, or
    // where this pass enters nothing; else it is withdrawn, and what it had reserved is free again.
    bool entry_stays(const PassSymbol& symbol, const Pick& before, const Standing& standing) {
        const AnalysisRow& row = symbol.row;
        // A watcher that waits for its price has reserved nothing.
        if (headroom_.reserved_of(row.symbol).is_zero() && !settings_.work_orders) {
            withdraw_entry(symbol, before);
            return false;
        }
        const auto at_work = [&](bool all) {
            return !settings_.work_orders || entry_at_work(row.symbol, before, input_.at_work, all);
        };
        if (!at_work(false)) return false;  // it expired, failed, was halted, or filled and left
        const bool quiet = input_.closing || !input_.no_entries.empty();
        const bool same_side = row.side == before.side || before.two_sided();
        const bool wanted = standing.stays && !row.refused && row.chosen == before.strategy &&
                            same_side && at_work(true) && same_entry(symbol, before);
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
        if (before.two_sided() && !both_sides(symbol)) return false;
        const Side side = symbol.row.side;
        return same_leg(symbol, before, side) &&
               (!before.two_sided() || same_leg(symbol, before, opposite(side)));
    }
    [[nodiscard]] bool same_leg(const PassSymbol& symbol, const Pick& before, Side side) const {
        const BracketPrices prices = prices_of(symbol, side);
        if (!prices.failure.empty()) return false;
        const Price now = settings_.work_orders ? prices.wanted : prices.entry;
        const double moved = now.to_double() / before.entry_of(side).to_double() - 1;
        return std::abs(moved) <= kKeptEntryMove;
    }
    [[nodiscard]] BracketPrices prices_of(const PassSymbol& symbol, Side side) const {
        return bracket_prices(symbol.row.result(symbol.row.chosen), side, symbol.instrument,
                              *symbol.quote, settings_);
    }

    // Entries of shares are day orders: where nothing is reserved, nothing works any more.
    void withdraw_entry(const PassSymbol& pass_symbol, const Pick& before,
                        std::optional<Side> side = std::nullopt) {
        const Symbol& symbol = pass_symbol.row.symbol;
        const Money reserved = headroom_.reserved_of(symbol);
        const bool may_work =
            settings_.work_orders || !pass_symbol.instrument.allows(TimeInForce::day);
        if (reserved.is_zero() && !may_work) return;
        cancel(symbol, name_of(before.strategy), Role::entry, "a new pass decides", side);
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
            keep_as_is(symbol, position, "kept over night");
        } else {
            leave(symbol, position, reason);
        }
    }

    [[nodiscard]] HeldFacts facts_of(const PassSymbol& symbol, const Held& position) const {
        HeldFacts facts;
        facts.asset_class = symbol.row.asset_class;
        facts.side = position.side();
        facts.both_sides =
            holder(symbol.row) == StrategyKind::maxdiffalwayson && both_sides(symbol);
        facts.max_hold_seconds = value_for(settings_.selection.overrides.max_hold_seconds,
                                           symbol.row.symbol, holder(symbol.row));
        const Pick* pick = previous(symbol.row.symbol);
        facts.opened = opened_at(symbol.row.symbol, input_);
        // Above a probe's size a position counts as any other.
        const Price price = symbol.quote && symbol.quote->valid() ? symbol.quote->mid() : Price{};
        facts.probe = pick != nullptr && pick->probe &&
                      (price * position.quantity).abs() <= settings_.probes.notional_limit;
        return facts;
    }

    // With the target that it has; where nobody works it any more, it is begun again (I-8).
    void keep_as_is(const PassSymbol& symbol, const Held& position, const std::string& reason) {
        const Pick* before = previous(symbol.row.symbol);
        if (before != nullptr) plan_.picks[symbol.row.symbol] = *before;
        Decision& decision = decide(symbol, "kept", reason);
        if (before == nullptr || !settings_.work_orders) return;
        const WorkKey exit{symbol.row.symbol, opposite(position.side()), Role::exit};
        const Price target =
            before->side == position.side() ? before->target : before->other_target;
        if (target.is_zero() || input_.at_work.contains(exit)) return;
        decision.reason += "; its target is worked again";
        take_profit(symbol, position, target, decision);
    }

    // The pick of a position that is still there: who opened it and when stays known.
    Pick& still_held(const PassSymbol& symbol, const Held& position) {
        const Pick* before = previous(symbol.row.symbol);
        Pick pick{holder(symbol.row), position.side(), {}, {}, {}, false};
        pick.opened = opened_at(symbol.row.symbol, input_).value_or(Timestamp{});
        if (before != nullptr) pick.probe = before->probe;
        if (before != nullptr && before->two_sided() && settings_.work_orders) {
            const bool same = before->side == pick.side;
            pick.other_entry = same ? before->other_entry : before->entry;
            pick.other_target = same ? before->other_target : before->target;
        }
        return plan_.picks[symbol.row.symbol] = pick;
    }

    void leave(const PassSymbol& symbol, const Held& position, const std::string& reason) {
        const AnalysisRow& row = symbol.row;
        // The pick stays known until the position is gone; the leg that waits goes with it.
        Pick& pick = still_held(symbol, position);
        pick.other_entry = pick.other_target = {};
        const bool quoted = symbol.quote && symbol.quote->valid();
        if (row.asset_class == AssetClass::crypto && !quoted && !settings_.work_orders) {
            decide(symbol, "kept", reason + ", but no quote to leave at");
            return;
        }
        Decision& decision = decide(symbol, "ordered", reason);
        decision.side = std::string(to_text(opposite(position.side())));
        decision.quantity = position.quantity.abs();
        // Where orders are worked, the largest part leaves first: a side has one owner (I-21).
        for (const HeldPart& part : position.parts) {
            Intent wanted = exit_intent(symbol, decision, position, part, "close");
            if (settings_.work_orders) {
                cancel(row.symbol, part.strategy, Role::entry, "the position leaves");
                plan_.works.push_back({WorkKind::gradual_exit, std::move(wanted), {}, false, 0});
                continue;
            }
            cancel(row.symbol, part.strategy, std::nullopt, "the position leaves");
            take_touch(wanted, symbol);
            decision.price = wanted.limit_price;
            plan_.intents.push_back(std::move(wanted));
        }
    }

    // Of the part of one strategy; the legs of the further ones name it.
    Intent exit_intent(const PassSymbol& symbol, const Decision& decision, const Held& position,
                       const HeldPart& part, std::string leg) const {
        if (part.strategy != position.parts.front().strategy) leg += '.' + part.strategy;
        return intent(symbol, decision, part.strategy, opposite(position.side()), Role::exit,
                      part.quantity.abs(), std::move(leg));
    }

    void keep(const PassSymbol& symbol, const Held& position) {
        const AnalysisRow& row = symbol.row;
        const StrategyKind owner = holder(row);
        Pick& pick = still_held(symbol, position);
        Decision& decision = decide(symbol, "kept", "position held, side unchanged");
        decision.quantity = position.quantity.abs();
        if (!in_bracket_family(row.chosen)) {
            if (in_bracket_family(owner)) {
                cancel(row.symbol, name_of(owner), Role::exit, "the chosen strategy has no target");
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
        pick.target = passive(symbol.instrument, price_of(target), out);
        take_profit(symbol, position, pick.target, decision);
    }

    // Each part has its target. Where orders are worked, a side of a symbol has one owner (I-21):
    // that of the largest part, the next one's follows when that is gone.
    void take_profit(const PassSymbol& symbol, const Held& position, Price target,
                     Decision& decision) {
        decision.price = target;
        for (const HeldPart& part : position.parts) {
            Intent wanted = exit_intent(symbol, decision, position, part, "take_profit");
            wanted.type = OrderType::limit;
            wanted.time_in_force =
                first_allowed(symbol.instrument, TimeInForce::gtc, TimeInForce::day);
            wanted.limit_price = target;
            if (settings_.work_orders) {
                plan_.works.push_back({WorkKind::watch_exit, std::move(wanted), {}, false, 0});
                return;
            }
            cancel(symbol.row.symbol, part.strategy, Role::exit, "the target moves");
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
        if (const auto why = quote_failure(symbol, input_); !why.empty()) {
            return refuse(symbol, why);
        }
        if (!symbol.instrument.tradable) return refuse(symbol, "not tradable");
        if (row.side == Side::sell && !symbol.instrument.shortable) {
            return refuse(symbol, "not shortable");
        }
        if (entered_too_often(row, input_, settings_))
            return refuse(symbol, "own limit: entries of the day");
        const bool bracket = in_bracket_family(row.chosen);
        BracketPrices prices;
        if (bracket) {
            prices = prices_of(symbol, row.side);
            if (!prices.failure.empty()) return refuse(symbol, prices.failure);
        }
        Price price = prices.entry;
        if (!bracket) price = row.side == Side::buy ? symbol.quote->ask : symbol.quote->bid;
        const SizingSettings sizing = entry_sizing(row, input_, settings_);
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
        Intent wanted = intent(symbol, decision, name_of(row.chosen), row.side, Role::entry,
                               size.quantity, "open");
        if (bracket) {
            set_bracket(wanted, symbol, prices, settings_);
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
        } else {
            wanted.limit_price = limit;
            plan_.works.push_back({bracket ? WorkKind::watch_entry : WorkKind::ramp_entry,
                                   std::move(wanted),
                                   {},
                                   immediate_.contains(row.symbol),
                                   forecast_of(symbol)});
        }
        // Alternatives that rest at a broker of a running market would both be filled.
        if (both_sides(symbol) && (settings_.work_orders || input_.only_pass)) {
            enter_leg(symbol, opposite(row.side), prices, notional,
                      facts.probe ? size.quantity : Quantity{});
        }
    }

    // -- the leg of the other side (always on) ------------------------------------------------

    // Beside the first, or beside the position that the other leg made: never larger than that, so
    // that it needs no room of its own. `exactly`: a probe's size; zero: by the room.
    void enter_leg(const PassSymbol& symbol, Side side, const BracketPrices& first, Money room,
                   Quantity exactly) {
        const AnalysisRow& row = symbol.row;
        Decision& decision = decisions_.at(row.symbol);
        const std::string name(to_text(side));
        const BracketPrices prices = prices_of(symbol, side);
        std::string failure = leg_failure(first, prices, opposite(side));
        if (failure.empty() && watchers_ >= settings_.sizing.max_watchers) {
            failure = "further watchers";
        }
        Quantity quantity = exactly;
        if (failure.empty() && quantity.is_zero()) {
            // A watcher sells at the ask where that is above its limit.
            if (settings_.work_orders) room = share_of(room, kRoomOfLeg);
            quantity = affordable(room, prices.entry, market::sizing_lot(symbol.instrument));
        }
        if (failure.empty() && (quantity.sign() <= 0 ||
                                prices.entry * quantity < symbol.instrument.minimum_notional)) {
            failure = "too small";
        }
        if (!failure.empty()) {
            decision.reason += "; no " + name + " leg: " + failure;
            return;
        }
        const Price limit = settings_.work_orders ? prices.wanted : prices.entry;
        decision.reason += (decision.reason.empty() ? "" : "; ") + name +
                           " leg: " + quantity.to_string() + " at " + limit.to_string() +
                           ", target " + prices.target.to_string();
        Intent wanted = intent(symbol, decision, name_of(row.chosen), side, Role::entry, quantity,
                               std::string(kOtherLeg));
        set_bracket(wanted, symbol, prices, settings_);
        ++watchers_;
        Pick& pick = plan_.picks.at(row.symbol);
        pick.other_entry = limit;
        pick.other_target = prices.target;
        if (!settings_.work_orders) {
            plan_.intents.push_back(std::move(wanted));
            return;
        }
        wanted.limit_price = limit;
        plan_.works.push_back({WorkKind::watch_entry,
                               std::move(wanted),
                               {},
                               settings_.immediate_entries,
                               forecast_of(symbol)});
    }

    // Beside a position that stays. A replay of daily bars sees no order inside a day: there the
    // leg waits for a pass that finds the symbol flat.
    void keep_leg(const PassSymbol& symbol, const Held& position) {
        if (!settings_.work_orders) return;
        const AnalysisRow& row = symbol.row;
        Pick& pick = plan_.picks.at(row.symbol);
        if (!both_sides(symbol) || holder(row) != StrategyKind::maxdiffalwayson) {
            if (!pick.two_sided()) return;
            cancel(row.symbol, name_of(holder(row)), Role::entry, "one side is left",
                   opposite(position.side()));
            pick.other_entry = pick.other_target = {};
        } else if (input_.no_entries.empty() && headroom_.entries_allowed && symbol.quote &&
                   symbol.quote->valid()) {
            waiting_legs_.push_back(&symbol);
        }
    }
    void renew_leg(const PassSymbol& symbol) {
        const Held position = held(symbol);
        const Side side = opposite(position.side());
        const Pick& pick = plan_.picks.at(symbol.row.symbol);
        const bool waits = input_.at_work.contains({symbol.row.symbol, side, Role::entry});
        if (waits && pick.two_sided() && same_leg(symbol, pick, side)) return;
        const Position& book = input_.account.positions.at(symbol.row.symbol);
        BracketPrices first = prices_of(symbol, position.side());
        // What it was entered at, in place of what it would be entered at now.
        const double paid = std::abs(book.cost.to_double() / position.quantity.to_double());
        if (is_price(paid)) first.wanted = passive(symbol.instrument, price_of(paid), side);
        const auto planned = plan_.works.size();
        enter_leg(symbol, side, first, (symbol.quote->mid() * position.quantity).abs(),
                  pick.probe ? position.quantity.abs() : Quantity{});
        if (planned != plan_.works.size() || !pick.two_sided()) return;
        cancel(symbol.row.symbol, name_of(holder(symbol.row)), Role::entry,
               "the leg does not stand", side);
        plan_.picks.at(symbol.row.symbol).other_entry = {};
        plan_.picks.at(symbol.row.symbol).other_target = {};
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

    const PassInput& input_;
    const ForecastPortfolioSettings& settings_;
    std::vector<const PassSymbol*> symbols_;
    std::vector<const PassSymbol*> entries_;
    std::vector<const PassSymbol*> waiting_legs_;  // of held symbols
    std::map<Symbol, Decision> decisions_;
    Headroom headroom_;
    Money entered_;
    CorrelatedGroups group_;
    std::uint32_t watchers_ = 0;  // limit entries planned in this pass
    std::set<Symbol> immediate_;
    PassPlan plan_;
};

}  // namespace

PassPlan plan_daily_pass(const PassInput& input, const ForecastPortfolioSettings& settings) {
    return PassPlanner(input, settings).run();
}

}  // namespace tradewind::strategy
