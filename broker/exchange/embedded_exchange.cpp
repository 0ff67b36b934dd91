#include "broker/exchange/embedded_exchange.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "broker/exchange/exchange_json.hpp"
#include "broker/exchange/exchange_store.hpp"
#include "broker/exchange/market_tick.hpp"
#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;
using market::TradingCalendar;

// A snapshot is written when the journal has grown to this size.
constexpr std::uint64_t kMaxJournalBytes = 4 * 1024 * 1024;
constexpr std::int64_t kShortestQuoteInterval = kMarketTick;

void check(const ExchangeSettings& settings) {
    const auto refuse = [](const std::string& what, const std::string& why,
                           const std::string& remedy) {
        throw Error(ErrorKind::usage, "a setting of the exchange is not possible", what, why,
                    remedy);
    };
    const auto interval = settings.quote_interval_ns;
    if (interval < kShortestQuoteInterval || kMinute % interval != 0) {
        refuse("quote interval", "it does not divide a minute, or is below 100 ms",
               "give for example 12 s");
    }
    if (settings.cash.sign() <= 0) refuse("cash", "not positive", "give an amount above 0");
    if (settings.account_id.empty() || settings.account_id.find('\n') != std::string::npos) {
        refuse("account", "not a name", "give one line of text");
    }
    if (!market::cost_preset(settings.costs)) {
        refuse("costs", "no preset " + settings.costs, "one of " + market::cost_preset_names());
    }
}

BookTerms book_terms(const ExchangeSettings& settings) {
    // The hosted paper account charges buyers of coins in coins.
    return {*market::cost_preset(settings.costs), settings.seed, settings.partial_fill_probability,
            settings.costs == "alpaca"};
}

void keep_document(ExchangeAccount& account, const std::string& name, const std::string& text) {
    if (text.empty()) {
        account.documents.erase(name);
    } else {
        account.documents[name] = text;
    }
}

// 04:00 to 20:00 New York of the day's session, to 17:00 on half days; empty: no session that day.
struct ExtendedSession {
    Timestamp open;
    Timestamp close;
};
std::optional<ExtendedSession> extended_session(Timestamp now) {
    const auto date = market::exchange_date(TradingCalendar::nyse, now);
    const auto session = market::session_on(TradingCalendar::nyse, date);
    if (!session) return std::nullopt;
    return ExtendedSession{market::new_york_time(date, 4, 0), session->close + 4 * kHour};
}

[[noreturn]] void corrupt(const std::string& why) {
    throw Error(ErrorKind::corrupt, "the exchange's store cannot be read", "journal", why,
                "restore the folder, or start with another one");
}

}  // namespace

EmbeddedExchange::EmbeddedExchange(const std::filesystem::path& folder,
                                   const ExchangeSettings& settings,
                                   std::unique_ptr<const ExchangeMarket> market)
    : store_(std::make_unique<ExchangeStore>(folder)), market_(std::move(market)) {
    check(settings);
    for (const auto& symbol : market_->symbols()) {
        const bool coin = market_->calendar(symbol) == TradingCalendar::utc_days;
        (coin ? coins_ : stocks_).push_back(symbol);
    }
    if (const auto contents = store_->open()) {
        try {
            load(contents->snapshot);
            replay(contents->records);
        } catch (const nlohmann::json::exception& fault) {
            corrupt(fault.what());
        }
        adopt(settings);
        return;
    }
    settings_ = settings;
    time_ = settings.start;
    accounts_.emplace(settings.account_id,
                      ExchangeAccount{settings.account_id, settings.cash, {}, {}, {}, {}, {}});
    book_ = std::make_unique<ExchangeBook>(book_terms(settings_), accounts_);
    compact();
}

EmbeddedExchange::~EmbeddedExchange() = default;

std::optional<std::string> EmbeddedExchange::stored_market_terms(
    const std::filesystem::path& folder) {
    if (!std::filesystem::exists(folder / "snapshot")) return std::nullopt;
    const auto contents = ExchangeStore(folder).open();
    try {
        return Json::parse(contents->snapshot).at("market").get<std::string>();
    } catch (const nlohmann::json::exception& fault) {
        corrupt(fault.what());
    }
}

std::string EmbeddedExchange::state() const {
    Json accounts = Json::array();
    for (const auto& [id, account] : accounts_) accounts.push_back(to_json(account));
    Json orders = Json::array();
    for (const auto& entry : book_->orders()) orders.push_back(to_json(entry));
    return Json{{"settings", to_json(settings_)},
                {"market", market_->terms()},
                {"time", time_.ns},
                {"order_events", order_events_},
                {"accounts", std::move(accounts)},
                {"orders", std::move(orders)}}
        .dump();
}

void EmbeddedExchange::compact() {
    store_->replace(state());
    recorded_time_ = time_;
    recorded_order_events_ = order_events_;
}

void EmbeddedExchange::load(const std::string& snapshot) {
    const auto json = Json::parse(snapshot);
    settings_ = settings_from_json(json.at("settings"));
    if (json.at("market").get<std::string>() != market_->terms()) {
        throw Error(ErrorKind::usage, "the exchange was made with another market", "market terms",
                    "the stored ones differ", "open it with the stored terms");
    }
    time_ = recorded_time_ = Timestamp{json.at("time").get<std::int64_t>()};
    order_events_ = recorded_order_events_ = json.at("order_events").get<std::uint64_t>();
    for (const auto& account : json.at("accounts")) {
        auto value = account_from_json(account);
        auto id = value.id;
        accounts_.emplace(std::move(id), std::move(value));
    }
    book_ = std::make_unique<ExchangeBook>(book_terms(settings_), accounts_);
    for (const auto& order : json.at("orders")) book_->restore(exchange_order_from_json(order));
}

void EmbeddedExchange::replay(const std::vector<std::string>& records) {
    for (const auto& record : records) {
        apply_record(record);
        emit_orders(Replaying::yes);
    }
    pending_.clear();
    recorded_time_ = time_;
    recorded_order_events_ = order_events_;
}

// "n" is the number of order events up to the record's time, before its command: what the commands
// before it led to must come out again.
void EmbeddedExchange::apply_record(const std::string& text) {
    const auto json = Json::parse(text);
    const Timestamp time{json.at("t").get<std::int64_t>()};
    if (time < time_) corrupt("its times do not ascend");
    run_to(time, Replaying::yes);
    if (json.at("n").get<std::uint64_t>() != order_events_) {
        corrupt("its commands do not lead to the events that were recorded");
    }
    const auto kind = json.at("k").get<std::string>();
    if (kind == "submit") {
        enter(json.at("account").get<std::string>(), order_from_json(json.at("order")));
    } else if (kind == "cancel") {
        book_->cancel(json.at("account").get<std::string>(), json.at("id").get<std::string>(),
                      time_, "canceled by the client", order_out_);
    } else if (kind == "account") {
        auto account = account_from_json(json.at("account"));
        auto id = account.id;
        accounts_.emplace(std::move(id), std::move(account));
    } else if (kind == "group") {
        std::vector<ExchangeOrder> entries;
        for (const auto& entry : json.at("entries")) {
            entries.push_back(exchange_order_from_json(entry));
        }
        enter_group(std::move(entries));
    } else if (kind == "execute") {
        apply_execute(json.at("account").get<std::string>(), json.at("id").get<std::string>());
    } else if (kind == "replace") {
        apply_replace(json.at("id").get<std::string>(),
                      exchange_order_from_json(json.at("successor")));
    } else if (kind == "document") {
        keep_document(accounts_.at(json.at("account").get<std::string>()),
                      json.at("name").get<std::string>(), json.at("text").get<std::string>());
    } else if (kind != "time") {
        corrupt("a record of the unknown kind " + kind);
    }
}

void EmbeddedExchange::adopt(const ExchangeSettings& settings) {
    auto merged = settings_;
    merged.quote_interval_ns = settings.quote_interval_ns;
    merged.leverage = settings.leverage;
    merged.costs = settings.costs;
    merged.partial_fill_probability = settings.partial_fill_probability;
    if (to_json(merged) == to_json(settings_)) return;
    settings_ = merged;
    book_->set_terms(book_terms(settings_));
    compact();
}

const std::vector<Symbol>& EmbeddedExchange::symbols_of(TradingCalendar calendar) const {
    return calendar == TradingCalendar::utc_days ? coins_ : stocks_;
}

bool EmbeddedExchange::is_open(const Symbol& symbol) const {
    return market::session_at(market_->calendar(symbol), time_).has_value();
}

// --- the course of time ---

bool EmbeddedExchange::is_active(Timestamp now) const {
    if (book_->has_extended_orders()) {
        const auto session = extended_session(now);
        if (session && (now == session->open || now == session->close)) return true;
    }
    return !coins_.empty() || market::session_at(TradingCalendar::nyse, now) ||
           market::session_at(TradingCalendar::nyse, now - 1);
}

Timestamp EmbeddedExchange::next_active(Timestamp now) const {
    const auto today = market::exchange_date(TradingCalendar::nyse, now);
    const auto session = market::session_on(TradingCalendar::nyse, today);
    auto next = session && now <= session->open
                    ? session->open
                    : market::next_session(TradingCalendar::nyse, today).open;
    if (!book_->has_extended_orders()) return next;
    for (const auto date : {today, market::next_session(TradingCalendar::nyse, today).date}) {
        const auto extended = extended_session(market::new_york_time(date, 12, 0));
        if (!extended) continue;
        for (const auto end : {extended->open, extended->close}) {
            if (now <= end) next = std::min(next, end);
        }
    }
    return next;
}

void EmbeddedExchange::run_to(Timestamp now, Replaying replaying) {
    const auto interval = settings_.quote_interval_ns;
    Timestamp next{(time_.ns / interval + 1) * interval};
    while (next <= now) {
        if (!is_active(next)) {
            // Sessions open on whole minutes, which are multiples of the interval.
            next = next_active(next);
            continue;
        }
        process(next, replaying);
        time_ = next;
        next = next + interval;
    }
    time_ = std::max(time_, now);
}

void EmbeddedExchange::process(Timestamp now, Replaying replaying) {
    for (const auto calendar : {TradingCalendar::nyse, TradingCalendar::utc_days}) {
        if (!symbols_of(calendar).empty()) process_calendar(calendar, now, replaying);
    }
    if (book_->has_extended_orders()) process_extended(now, replaying);
}

void EmbeddedExchange::process_calendar(TradingCalendar calendar, Timestamp now,
                                        Replaying replaying) {
    const auto before = market::session_at(calendar, now - 1);
    const auto session = market::session_at(calendar, now);
    const auto& symbols = symbols_of(calendar);
    const bool coins = calendar == TradingCalendar::utc_days;
    if (replaying == Replaying::no && before && now.ns % kMinute == 0) {
        for (const auto& symbol : symbols) {
            if (const auto bar = market_->minute_bar(symbol, now - kMinute)) {
                emit(now, BarClosed{symbol, *bar}, replaying);
            }
        }
    }
    const bool changes = before != session;
    if (before && changes) {
        for (const auto& symbol : symbols) {
            if (!book_->has_open_orders(symbol)) continue;
            const auto price = market_->price_at(symbol, now - 1);
            book_->close_session(market_->instrument(symbol), price, now, order_out_);
            emit_orders(replaying);
        }
        emit(now, SessionEvent{SessionPhase::closed, before->date, coins}, replaying);
    }
    if (session && changes) {
        emit(now, SessionEvent{SessionPhase::opened, session->date, coins}, replaying);
        for (const auto& symbol : symbols) {
            if (book_->has_open_orders(symbol)) open_session(symbol, now, replaying);
        }
    }
    if (!session) return;
    for (const auto& symbol : symbols) {
        const bool matters = book_->has_open_orders(symbol);
        if (replaying == Replaying::yes && !matters) continue;
        const auto quote = market_->quote_at(symbol, now);
        emit(now, quote, replaying);
        if (replaying == Replaying::no) {
            if (const auto trade = market_->trade_at(symbol, now)) emit(now, *trade, replaying);
        }
        if (!matters) continue;
        book_->match(quote, market_->instrument(symbol), now, order_out_);
        emit_orders(replaying);
    }
}

void EmbeddedExchange::open_session(const Symbol& symbol, Timestamp now, Replaying replaying) {
    const auto& instrument = market_->instrument(symbol);
    book_->route(instrument, market_->quote_at(symbol, now), false, now, order_out_);
    book_->open_auction(instrument, market_->price_at(symbol, now), now, order_out_);
    emit_orders(replaying);
}

// The extended session has no prices of its own: the last quote of the session before stands.
void EmbeddedExchange::process_extended(Timestamp now, Replaying replaying) {
    const auto session = extended_session(now);
    if (!session || (now != session->open && now != session->close)) return;
    for (const auto& symbol : stocks_) {
        if (!book_->has_extended_orders(symbol)) continue;
        const auto& instrument = market_->instrument(symbol);
        if (now == session->close) {
            book_->close_extended(instrument, now, order_out_);
        } else {
            book_->route(instrument, market_->quote_at(symbol, now), true, now, order_out_);
        }
        emit_orders(replaying);
    }
}

void EmbeddedExchange::emit(Timestamp time, ExchangePayload payload, Replaying replaying) {
    if (replaying == Replaying::no) pending_.push_back({time, std::move(payload)});
}

void EmbeddedExchange::emit_orders(Replaying replaying) {
    order_events_ += order_out_.size();
    for (auto& event : order_out_) {
        const auto time = event.event.time;
        emit(time, std::move(event), replaying);
    }
    order_out_.clear();
}

void EmbeddedExchange::record_time(bool sync) {
    store_->append(Json{{"k", "time"}, {"t", time_.ns}, {"n", order_events_}}.dump(), sync);
    recorded_time_ = time_;
    recorded_order_events_ = order_events_;
}

// Before anything that follows from the passing of time is shown, the time is on disk. Without an
// order event nothing is shown that could not be made again: then the write needs no sync.
void EmbeddedExchange::settle_time() {
    if (time_ == recorded_time_) return;
    record_time(order_events_ != recorded_order_events_);
}

void EmbeddedExchange::advance_to(Timestamp now, std::vector<ExchangeEvent>& out) {
    run_to(now, Replaying::no);
    settle_time();
    std::move(pending_.begin(), pending_.end(), std::back_inserter(out));
    pending_.clear();
    if (store_->journal_bytes() > kMaxJournalBytes) compact();
}

// --- commands ---

void EmbeddedExchange::enter(const std::string& account, const Order& order) {
    const auto& instrument = market_->instrument(order.symbol);
    if (is_open(order.symbol)) {
        const auto quote = market_->quote_at(order.symbol, time_);
        book_->enter(account, order, instrument, &quote, time_, order_out_);
    } else {
        book_->enter(account, order, instrument, nullptr, time_, order_out_);
    }
}

std::optional<ExchangeRefusal> EmbeddedExchange::submit(const std::string& account,
                                                        const Order& order, Timestamp now) {
    run_to(now, Replaying::no);
    if (auto refused = refusal(account, order)) {
        settle_time();
        return refused;
    }
    store_->append(Json{{"k", "submit"},
                        {"t", time_.ns},
                        {"n", order_events_},
                        {"account", account},
                        {"order", to_json(order)}}
                       .dump(),
                   true);
    enter(account, order);
    emit_orders(Replaying::no);
    recorded_time_ = time_;
    recorded_order_events_ = order_events_;
    return std::nullopt;
}

std::optional<ExchangeRefusal> EmbeddedExchange::cancel(const std::string& account,
                                                        std::string_view order_id, Timestamp now) {
    run_to(now, Replaying::no);
    const auto* entry = book_->find(account, order_id);
    if (entry == nullptr || is_closed(entry->order.status)) {
        settle_time();
        if (entry == nullptr) {
            return ExchangeRefusal{404, 40410000, "order not found for " + std::string(order_id)};
        }
        return ExchangeRefusal{422, 42210000,
                               "order is already in \"" +
                                   std::string(tradewind::to_text(entry->order.status)) +
                                   "\" state"};
    }
    store_->append(Json{{"k", "cancel"},
                        {"t", time_.ns},
                        {"n", order_events_},
                        {"account", account},
                        {"id", order_id}}
                       .dump(),
                   true);
    book_->cancel(account, order_id, time_, "canceled by the client", order_out_);
    emit_orders(Replaying::no);
    recorded_time_ = time_;
    recorded_order_events_ = order_events_;
    return std::nullopt;
}

void EmbeddedExchange::open_account(const std::string& account, Money cash) {
    if (account.empty() || account.find('\n') != std::string::npos || accounts_.contains(account)) {
        throw Error(ErrorKind::usage, "cannot open an account", account,
                    "the name is empty or taken", "give another name");
    }
    ExchangeAccount opened{account, cash, {}, {}, {}, {}, {}};
    store_->append(
        Json{{"k", "account"}, {"t", time_.ns}, {"n", order_events_}, {"account", to_json(opened)}}
            .dump(),
        true);
    accounts_.emplace(account, std::move(opened));
    recorded_time_ = time_;
    recorded_order_events_ = order_events_;
}

// --- commands of remote clients ---

bool EmbeddedExchange::may_trade(const Symbol& symbol, bool extended_hours) const {
    if (is_open(symbol)) return true;
    if (!extended_hours || market_->calendar(symbol) != TradingCalendar::nyse) return false;
    const auto session = extended_session(time_);
    return session && session->open <= time_ && time_ < session->close;
}

void EmbeddedExchange::enter_group(std::vector<ExchangeOrder> entries) {
    ensure(!entries.empty(), "a group has a head");
    const auto symbol = entries.front().order.symbol;
    const auto quote = market_->quote_at(symbol, time_);
    const bool trades = may_trade(symbol, entries.front().remote.extended_hours);
    book_->enter_group(std::move(entries), market_->instrument(symbol), trades ? &quote : nullptr,
                       time_, order_out_);
}

void EmbeddedExchange::apply_replace(const std::string& order_id, ExchangeOrder successor) {
    const auto symbol = successor.order.symbol;
    const auto quote = market_->quote_at(symbol, time_);
    const bool trades = may_trade(symbol, successor.remote.extended_hours);
    book_->replace(order_id, std::move(successor), market_->instrument(symbol),
                   trades ? &quote : nullptr, time_, order_out_);
}

void EmbeddedExchange::commit(std::string text) {
    store_->append(text, true);
    recorded_time_ = time_;
    recorded_order_events_ = order_events_;
}

void EmbeddedExchange::submit_group(std::vector<ExchangeOrder> entries) {
    Json records = Json::array();
    for (const auto& entry : entries) records.push_back(to_json(entry));
    commit(
        Json{{"k", "group"}, {"t", time_.ns}, {"n", order_events_}, {"entries", std::move(records)}}
            .dump());
    enter_group(std::move(entries));
    emit_orders(Replaying::no);
    recorded_order_events_ = order_events_;
}

void EmbeddedExchange::replace(const std::string& order_id, const ExchangeOrder& successor) {
    commit(Json{{"k", "replace"},
                {"t", time_.ns},
                {"n", order_events_},
                {"id", order_id},
                {"successor", to_json(successor)}}
               .dump());
    apply_replace(order_id, successor);
    emit_orders(Replaying::no);
    recorded_order_events_ = order_events_;
}

void EmbeddedExchange::apply_execute(const std::string& account, std::string_view order_id) {
    const auto* entry = book_->find(account, order_id);
    if (entry == nullptr) corrupt("an execution of an unknown order");
    const auto symbol = entry->order.symbol;
    book_->execute_now(account, order_id, market_->quote_at(symbol, time_),
                       market_->instrument(symbol), time_, order_out_);
}

bool EmbeddedExchange::execute_now(const std::string& account, std::string_view order_id) {
    const auto* entry = book_->find(account, order_id);
    if (entry == nullptr || is_closed(entry->order.status) ||
        !may_trade(entry->order.symbol, entry->remote.extended_hours)) {
        return false;
    }
    commit(Json{{"k", "execute"},
                {"t", time_.ns},
                {"n", order_events_},
                {"account", account},
                {"id", order_id}}
               .dump());
    const auto before = entry->executions;
    apply_execute(account, order_id);
    emit_orders(Replaying::no);
    recorded_order_events_ = order_events_;
    return entry->executions > before;
}

void EmbeddedExchange::set_document(const std::string& account, const std::string& name,
                                    const std::string& text) {
    (void)account_of(account);
    commit(Json{
        {"k", "document"},
        {"t", time_.ns},
        {"n", order_events_},
        {"account", account},
        {"name", name},
        {"text",
         text}}.dump());
    keep_document(accounts_.at(account), name, text);
}

}  // namespace tradewind::broker
