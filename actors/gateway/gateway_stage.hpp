// The gateway role: the account's books and the last judgement on every order.
//
// Owned by the one gateway actor or by a fused replay; one thread. book() applies what happened
// (fills, marks, financing, halts), assess() judges orders against limits and reserves, value()
// reads the books for the equity curve. The books are orders/AccountBook, the judgement is
// orders/Gateway; this stage only brings a step's values to them. Source: architecture 4 and 5.
#pragma once

#include <optional>
#include <vector>

#include "actors/step/step_data.hpp"
#include "market/cost_model.hpp"
#include "orders/account_book.hpp"
#include "orders/financing.hpp"
#include "orders/gateway.hpp"

namespace tradewind::actors {

// The plan under which the marks are kept that losses and drawdowns are measured from.
constexpr const char* kLossMarksPlan = "loss_marks";

struct GatewaySettings {
    Money initial_cash = Money::whole(100'000);
    orders::RiskLimits limits = orders::RiskLimits::unlimited();
    Fraction leverage_cap;                        // 0: no leverage check
    std::optional<market::ClassCosts> financing;  // interest and borrow, charged at session closes
    // Loss limits: entries halt when equity has fallen by this fraction since the exchange day
    // began, or since its peak. Zero: no limit.
    Fraction daily_loss;
    Fraction drawdown;
    bool value_positions = false;  // value() lists all positions (a daemon shows them)
    bool snapshots = false;        // an account snapshot at every session open (a pass wants it)
    // No entries, whatever the strategy (I-34): outside `universe` (empty: every symbol is in it),
    // no buys and no sales of these symbols.
    std::vector<Symbol> universe;
    std::vector<Symbol> no_buys;
    std::vector<Symbol> no_sales;
    // Replay without quotes: they are made from the last price and this model's spread.
    std::optional<market::CostModel> modelled_quotes;
};

class GatewayStage {
  public:
    using FillMemory = orders::AccountBook::FillMemory;

    // FillMemory::none: the broker, in the same process, tells of each execution once.
    GatewayStage(GatewaySettings settings, std::vector<strategy::SymbolInfo> symbols,
                 FillMemory fill_memory = FillMemory::all);

    BookReply book(BookRequest&& request);
    AssessReply assess(AssessRequest request);
    ValueReply value(const StepInputs& inputs);

    // After a restart: the marks as the newest plan record holds them. Error (corrupt).
    void restore_loss_marks(const std::string& content);
    // After a restart, in order: a fill that an earlier process booked.
    void restore_fill(const Fill& fill, std::string_view order_reason);

    [[nodiscard]] orders::AccountBook& account() { return book_; }
    [[nodiscard]] orders::Gateway& gateway() { return gateway_; }

  private:
    [[nodiscard]] orders::MarketView market_of(SlotId slot, Timestamp now) const;
    [[nodiscard]] Headroom headroom(Timestamp now) const;
    [[nodiscard]] Holdings holdings() const;
    void accrue(Timestamp now, BookReply& reply);
    void adopt(const ledger::Adjustment& adjustment, Timestamp now, BookReply& reply);
    void check_losses(const StepInputs& inputs, BookReply& reply);
    void keep_marks(const StepInputs& inputs, BookReply& reply);
    // Open positions of one calendar's symbols, or of all.
    [[nodiscard]] std::vector<ledger::PositionRow> positions_of(std::optional<bool> utc_days,
                                                                Timestamp now) const;

    GatewaySettings settings_;
    std::vector<strategy::SymbolInfo> symbols_;
    orders::AccountBook book_;
    orders::Gateway gateway_;
    std::vector<Quote> quotes_;  // by slot; invalid: none yet
    bool has_quotes_ = false;
    bool nyse_open_ = true;
    Timestamp accrued_until_;
    // What losses are measured from; zero before the first step.
    Date loss_day_{INT32_MIN};
    Money day_equity_;
    Money peak_equity_;
    Money kept_peak_;  // of the book, as the newest marks hold it
};

}  // namespace tradewind::actors
