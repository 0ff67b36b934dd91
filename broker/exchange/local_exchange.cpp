#include "broker/exchange/local_exchange.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "broker/exchange/exchange_json.hpp"
#include "broker/exchange/exchange_store.hpp"
#include "market/calendar.hpp"
#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;
using market::TradingCalendar;

// A snapshot is written when the journal has grown to this size, and to that of the snapshot: what
// is written for one byte of the journal does not grow with the history.
constexpr std::uint64_t kMaxJournalBytes = 4 * 1024 * 1024;

[[noreturn]] void corrupt(const std::string& why) {
    throw Error(ErrorKind::corrupt, "the local account's store cannot be read", "journal", why,
                "restore the folder, or start with another one");
}

BookTerms book_terms(const LocalTerms& terms) {
    const auto costs = market::cost_preset(terms.costs);
    if (!costs) {
        throw Error(ErrorKind::usage, "a setting of the local account is not possible", "costs",
                    "no preset " + terms.costs, "one of " + market::cost_preset_names());
    }
    return {*costs, 0, 0, false};
}

Json to_json(const Quote& quote) {
    return Json{{"symbol", quote.symbol.to_string()},
                {"time", quote.time.ns},
                {"bid", quote.bid.to_string()},
                {"ask", quote.ask.to_string()}};
}

Quote quote_from_json(const Json& json) {
    Quote quote;
    quote.symbol = Symbol(json.at("symbol").get<std::string>());
    quote.time = {json.at("time").get<std::int64_t>()};
    quote.bid = Price::of(json.at("bid").get<std::string>());
    quote.ask = Price::of(json.at("ask").get<std::string>());
    return quote;
}

TradingCalendar calendar_of(const Instrument& instrument) {
    return instrument.asset_class == AssetClass::crypto ? TradingCalendar::utc_days
                                                        : TradingCalendar::nyse;
}

// The session that `time` is in, or else the next one: what waits for it ends with it.
market::Session next_to_end(TradingCalendar calendar, Timestamp time) {
    const auto date = market::exchange_date(calendar, time);
    const auto today = market::session_on(calendar, date);
    return today && time < today->close ? *today : market::next_session(calendar, date);
}

}  // namespace

LocalExchange::LocalExchange(const std::filesystem::path& folder, const LocalTerms& terms,
                             std::vector<Instrument> instruments)
    : store_(std::make_unique<ExchangeStore>(folder)) {
    for (auto& instrument : instruments) instruments_[instrument.symbol] = std::move(instrument);
    const auto contents = store_->open();
    if (!contents) {
        open_account(terms);
        return;
    }
    try {
        load(contents->snapshot, terms);
        for (const auto& record : contents->records) apply_record(record);
    } catch (const nlohmann::json::exception& fault) {
        corrupt(fault.what());
    }
    pending_.clear();
    // From here on by the new terms: what was recorded by the old ones is in the snapshot.
    if (terms_.costs == terms.costs && terms_.leverage == terms.leverage) return;
    terms_.costs = terms.costs;
    terms_.leverage = terms.leverage;
    book_->set_terms(book_terms(terms_));
    write_snapshot();
}

LocalExchange::~LocalExchange() = default;

void LocalExchange::open_account(const LocalTerms& terms) {
    if (terms.cash.sign() <= 0) {
        throw Error(ErrorKind::usage, "a setting of the local account is not possible", "cash",
                    "not positive", "give an amount above 0");
    }
    terms_ = terms;
    time_ = terms.start;
    accounts_.emplace(terms.account_id,
                      ExchangeAccount{terms.account_id, terms.cash, {}, {}, {}, {}, {}});
    book_ = std::make_unique<ExchangeBook>(book_terms(terms_), accounts_);
    write_snapshot();
}

void LocalExchange::write_snapshot() {
    const auto text = state();
    store_->replace(text);
    snapshot_bytes_ = text.size();
}

std::string LocalExchange::state() const {
    Json orders = Json::array();
    for (const auto& entry : book_->orders()) orders.push_back(broker::to_json(entry));
    Json quotes = Json::array();
    for (const auto& [symbol, known] : quotes_) {
        if (!book_->has_open_orders(symbol)) continue;
        quotes.push_back(to_json(known.quote));
        quotes.back()["came"] = known.came.ns;
    }
    return Json{{"costs", terms_.costs},
                {"leverage", terms_.leverage.to_string()},
                {"time", time_.ns},
                {"order_events", order_events_},
                {"account", broker::to_json(holder())},
                {"orders", std::move(orders)},
                {"quotes", std::move(quotes)}}
        .dump();
}

void LocalExchange::load(const std::string& snapshot, const LocalTerms& terms) {
    const auto json = Json::parse(snapshot);
    snapshot_bytes_ = snapshot.size();
    terms_ = terms;
    terms_.costs = json.at("costs").get<std::string>();
    terms_.leverage = Fraction::of(json.at("leverage").get<std::string>());
    time_ = {json.at("time").get<std::int64_t>()};
    order_events_ = json.at("order_events").get<std::uint64_t>();
    auto account = account_from_json(json.at("account"));
    auto id = account.id;
    accounts_.emplace(std::move(id), std::move(account));
    book_ = std::make_unique<ExchangeBook>(book_terms(terms_), accounts_);
    for (const auto& order : json.at("orders")) book_->restore(exchange_order_from_json(order));
    for (const auto& quote : json.at("quotes")) {
        const auto known = quote_from_json(quote);
        quotes_[known.symbol] = {known, {quote.value("came", std::int64_t{0})}};
    }
}

// "n" is the number of order events before the record: what the ones before it led to must come out
// again.
void LocalExchange::apply_record(const std::string& text) {
    const auto json = Json::parse(text);
    const Timestamp time{json.at("t").get<std::int64_t>()};
    if (time < time_) corrupt("its times do not ascend");
    if (json.at("n").get<std::uint64_t>() != order_events_) {
        corrupt("its commands do not lead to the events that were recorded");
    }
    time_ = time;
    const auto kind = json.at("k").get<std::string>();
    if (kind == "submit") {
        const auto quote = quote_from_json(json.at("quote"));
        quotes_[quote.symbol] = {quote, {json.value("came", time_.ns)}};
        enter(order_from_json(json.at("order")), json.value("young", true));
    } else if (kind == "cancel") {
        book_->cancel(holder().id, json.at("id").get<std::string>(), time_,
                      "canceled by the client", order_out_);
    } else if (kind == "quote") {
        match(quote_from_json(json.at("quote")));
    } else if (kind == "close") {
        close_session(Symbol(json.at("symbol").get<std::string>()),
                      Price::of(json.at("price").get<std::string>()),
                      {json.at("at").get<std::int64_t>()});
    } else {
        corrupt("a record of the unknown kind " + kind);
    }
    gather();
}

void LocalExchange::append(const std::string& text, bool sync) {
    if (store_->journal_bytes() > std::max(kMaxJournalBytes, snapshot_bytes_)) write_snapshot();
    store_->append(text, sync);
}

void LocalExchange::gather() {
    order_events_ += order_out_.size();
    for (auto& event : order_out_) pending_.push_back(std::move(event.event));
    order_out_.clear();
}

const LocalExchange::Known& LocalExchange::newest(const Symbol& symbol) const {
    static const Known kNone;
    const auto found = quotes_.find(symbol);
    return found == quotes_.end() ? kNone : found->second;
}

const Instrument& LocalExchange::instrument(const Symbol& symbol) const {
    const auto found = instruments_.find(symbol);
    if (found == instruments_.end()) {
        throw Error(ErrorKind::usage, "the local account has orders in a symbol that is left out",
                    symbol.to_string(), "it is not among the symbols", "name it with --symbols");
    }
    return found->second;
}

bool LocalExchange::is_young(const Symbol& symbol) const {
    const auto came = newest(symbol).came;
    return came.ns != 0 && time_ - came <= terms_.quote_age_ns;
}

bool LocalExchange::is_open(const Symbol& symbol) const {
    return market::session_at(calendar_of(instrument(symbol)), time_).has_value();
}

OrderDesk LocalExchange::desk() const {
    return {*book_,
            holder(),
            terms_.leverage,
            [this](const Symbol& symbol) { return quote_of(symbol); },
            [this](const Symbol& symbol) { return quote_of(symbol).mid(); },
            [this](const Symbol& symbol) {
                const auto found = instruments_.find(symbol);
                return found != instruments_.end() &&
                       found->second.asset_class == AssetClass::crypto;
            }};
}

void LocalExchange::advance_to(Timestamp now) {
    if (now <= time_) return;
    const auto before = time_;
    for (const auto calendar : {TradingCalendar::nyse, TradingCalendar::utc_days}) {
        const auto session = next_to_end(calendar, before);
        if (now < session.close) continue;
        for (const auto& [symbol, traded] : instruments_) {
            if (calendar_of(traded) != calendar || !book_->has_open_orders(symbol)) continue;
            time_ = std::max(time_, session.close);
            const auto& last = newest(symbol);
            const auto price = last.came >= session.open ? last.quote.mid() : Price();
            append(Json{{"k", "close"},
                        {"t", time_.ns},
                        {"n", order_events_},
                        {"symbol", symbol.to_string()},
                        {"price", price.to_string()},
                        {"at", session.close.ns}}
                       .dump(),
                   true);
            close_session(symbol, price, session.close);
            gather();
        }
    }
    time_ = now;
}

void LocalExchange::close_session(const Symbol& symbol, Price price, Timestamp at) {
    book_->close_session(instrument(symbol), price, at, order_out_);
}

void LocalExchange::set_reference(const Symbol& symbol, Price price) {
    if (price.sign() <= 0 || quotes_.contains(symbol)) return;
    Quote quote;
    quote.symbol = symbol;
    quote.time = time_;
    quote.bid = quote.ask = price;
    quotes_[symbol] = {quote, {}};
}

void LocalExchange::on_quote(const Quote& quote) {
    if (!quote.valid() || !instruments_.contains(quote.symbol)) return;
    if (!book_->has_open_orders(quote.symbol)) {
        quotes_[quote.symbol] = {quote, time_};
        return;
    }
    // Written before what it leads to is shown; on the disk at once only where it leads to
    // something (take_events), the rest may be lost with the machine.
    append(Json{{"k", "quote"}, {"t", time_.ns}, {"n", order_events_}, {"quote", to_json(quote)}}
               .dump(),
           false);
    match(quote);
    gather();
}

// The first quote of a session is the opening auction of what waited for it.
void LocalExchange::match(const Quote& quote) {
    const auto& traded = instrument(quote.symbol);
    quotes_[quote.symbol] = {quote, time_};
    const auto session = market::session_at(calendar_of(traded), time_);
    if (!session) return;
    const auto open = book_->open_orders(quote.symbol);
    const bool auction = std::any_of(open.begin(), open.end(), [&](const auto* entry) {
        return entry->order.time_in_force == TimeInForce::opg && entry->order.time < session->open;
    });
    if (auction) book_->open_auction(traded, quote.mid(), time_, order_out_);
    book_->match(quote, traded, time_, order_out_);
}

void LocalExchange::enter(const Order& order, bool at_quote) {
    const auto& quote = quote_of(order.symbol);
    book_->enter(holder().id, order, instrument(order.symbol),
                 at_quote && is_open(order.symbol) ? &quote : nullptr, time_, order_out_);
}

std::optional<ExchangeRefusal> LocalExchange::submit(const Order& order) {
    const auto known = instruments_.find(order.symbol);
    if (known == instruments_.end()) {
        return ExchangeRefusal{422, 42210000,
                               "asset \"" + order.symbol.to_string() + "\" not found"};
    }
    if (!quote_of(order.symbol).valid()) {
        return ExchangeRefusal{422, 42210000, "no price of " + order.symbol.to_string() + " yet"};
    }
    if (auto refused = refusal_of(order, known->second, desk())) return refused;
    append(Json{{"k", "submit"},
                {"t", time_.ns},
                {"n", order_events_},
                {"order", broker::to_json(order)},
                {"quote", to_json(quote_of(order.symbol))},
                {"came", newest(order.symbol).came.ns},
                {"young", is_young(order.symbol)}}
               .dump(),
           true);
    enter(order, is_young(order.symbol));
    gather();
    return std::nullopt;
}

std::optional<ExchangeRefusal> LocalExchange::cancel(std::string_view order_id) {
    const auto* entry = book_->find(holder().id, order_id);
    if (entry == nullptr) {
        return ExchangeRefusal{404, 40410000, "order not found for " + std::string(order_id)};
    }
    if (is_closed(entry->order.status)) {
        return ExchangeRefusal{
            422, 42210000,
            "order is already in \"" + std::string(to_text(entry->order.status)) + "\" state"};
    }
    append(Json{{"k", "cancel"}, {"t", time_.ns}, {"n", order_events_}, {"id", order_id}}.dump(),
           true);
    book_->cancel(holder().id, order_id, time_, "canceled by the client", order_out_);
    gather();
    return std::nullopt;
}

void LocalExchange::take_events(std::vector<OrderEvent>& out) {
    if (pending_.empty()) return;
    store_->sync();
    std::move(pending_.begin(), pending_.end(), std::back_inserter(out));
    pending_.clear();
}

BrokerAccount LocalExchange::account() const {
    return valued_account(desk());
}

std::vector<Position> LocalExchange::positions() const {
    std::vector<Position> result;
    for (const auto& [symbol, position] : holder().positions) {
        result.push_back({symbol, position.quantity, position.cost, quote_of(symbol).mid()});
    }
    return result;
}

std::vector<Order> LocalExchange::orders() const {
    std::vector<Order> result;
    for (const auto& entry : book_->orders()) result.push_back(entry.order);
    return result;
}

}  // namespace tradewind::broker
