#include "broker/exchange/data/data_streams.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "broker/exchange/data/data_stream_session.hpp"

namespace tradewind::broker {
namespace {

constexpr std::int64_t kUpdateDelay = 30 * kSecond;
constexpr double kBand = 0.05;  // half the width of a price band

DataMarket market_of(StreamKind kind) {
    return kind == StreamKind::crypto ? DataMarket::crypto : DataMarket::stocks;
}

// {"T":...,"S":..., the members of `record`}
DataJson message(const char* type, const Symbol& symbol, DataJson record) {
    DataJson json = {{"T", type}, {"S", wire_symbol(symbol)}};
    for (auto& [name, value] : record.items()) json[name] = std::move(value);
    return json;
}

std::vector<BookLevel> changes(const std::vector<BookLevel>& before,
                               const std::vector<BookLevel>& after) {
    std::vector<BookLevel> changed;
    const auto find = [](const std::vector<BookLevel>& levels, Price price) {
        return std::find_if(levels.begin(), levels.end(),
                            [price](const BookLevel& level) { return level.price == price; });
    };
    for (const auto& level : before) {
        if (find(after, level.price) == after.end()) changed.push_back({level.price, Quantity()});
    }
    for (const auto& level : after) {
        const auto old = find(before, level.price);
        if (old == before.end() || old->size != level.size) changed.push_back(level);
    }
    return changed;
}

// The bar as it was before its last trade was reported: OHLC stand, one lot is missing.
Bar without_late_trade(Bar bar, StreamKind kind) {
    const double lot = kind == StreamKind::crypto ? bar.volume / 100 : 1;
    if (bar.volume <= lot || bar.trade_count < 2) return bar;
    bar.volume -= lot;
    --bar.trade_count;
    return bar;
}

}  // namespace

DataStreams::DataStreams(const ExchangeMarket& market, StreamServices services, StreamLimits limits)
    : market_(market), history_(market), services_(std::move(services)), limits_(limits) {}

DataStreams::~DataStreams() = default;

std::unique_ptr<StreamSession> DataStreams::open(StreamPeer& peer, StreamEndpoint endpoint,
                                                 StreamCodec codec, std::string account,
                                                 bool refused_headers) {
    return std::make_unique<DataStreamSession>(*this, peer, std::move(endpoint), codec,
                                               std::move(account), refused_headers);
}

StreamKind DataStreams::kind_of(const Symbol& symbol) const {
    return market_.calendar(symbol) == market::TradingCalendar::utc_days ? StreamKind::crypto
                                                                         : StreamKind::stocks;
}

bool DataStreams::is_wanted(StreamKind kind, StreamChannel channel, const Symbol& symbol) const {
    return std::any_of(sessions_.begin(), sessions_.end(), [&](const DataStreamSession* session) {
        return session->endpoint().kind == kind && session->wants(channel, symbol);
    });
}

void DataStreams::send(StreamKind kind, StreamChannel channel, const Symbol& symbol,
                       const MakeMessage& make) {
    std::array<std::string, 2> forms;
    for (auto* session : sessions_) {
        if (session->endpoint().kind != kind || !session->wants(channel, symbol)) continue;
        auto& form = forms[static_cast<std::size_t>(session->codec())];
        if (form.empty()) form = encoded(make(time_form(session->codec())), session->codec());
        session->add(form);
        ++messages_sent_;
    }
}

void DataStreams::publish(const std::vector<ExchangeEvent>& events) {
    if (sessions_.empty()) return;
    for (const auto& event : events) {
        publish_updates(event.time);
        if (const auto* quote = std::get_if<Quote>(&event.payload)) {
            const auto kind = kind_of(quote->symbol);
            last_quotes_[quote->symbol] = *quote;
            send(kind, StreamChannel::quotes, quote->symbol, [&](TimeForm form) {
                return message("q", quote->symbol, to_json(market_of(kind), *quote, form));
            });
            if (kind == StreamKind::crypto) publish_book(*quote);
        } else if (const auto* trade = std::get_if<Trade>(&event.payload)) {
            const auto kind = kind_of(trade->symbol);
            send(kind, StreamChannel::trades, trade->symbol, [&](TimeForm form) {
                return message("t", trade->symbol,
                               to_json(market_of(kind), *trade, last_quotes_[trade->symbol], form));
            });
        } else if (const auto* closed = std::get_if<BarClosed>(&event.payload)) {
            publish_bar(*closed);
        } else if (const auto* session = std::get_if<SessionEvent>(&event.payload)) {
            if (session->crypto || session->phase != SessionPhase::opened) continue;
            for (const auto& symbol : market_.symbols()) {
                publish_status(symbol, event.time, false);
            }
        }
    }
    flush();
}

void DataStreams::publish_bar(const BarClosed& closed) {
    const auto& symbol = closed.symbol;
    const auto kind = kind_of(symbol);
    const auto market = market_of(kind);
    Bar whole = closed.bar;
    if (whole.vwap <= 0) {
        whole.vwap = (whole.high.to_double() + whole.low.to_double() + whole.close.to_double()) / 3;
    }
    if (services_.fault && services_.fault("missing_bar", symbol)) return;
    Bar first = whole;
    const bool scripted = services_.fault && services_.fault("updated_bar", symbol);
    if (incomplete_.erase(symbol) > 0 || scripted) {
        first = without_late_trade(whole, kind);
        updates_.emplace(whole.end + kUpdateDelay, BarClosed{symbol, whole});
    }
    send(kind, StreamChannel::bars, symbol,
         [&](TimeForm form) { return message("b", symbol, to_json(market, first, form)); });
    if (is_wanted(kind, StreamChannel::daily_bars, symbol)) {
        const auto date = market::exchange_date(market_.calendar(symbol), whole.start);
        if (const auto day = history_.day(symbol, date, whole.end)) {
            send(kind, StreamChannel::daily_bars, symbol,
                 [&](TimeForm form) { return message("d", symbol, to_json(market, *day, form)); });
        }
    }
    send(kind, StreamChannel::lulds, symbol, [&](TimeForm form) {
        const double centre = whole.close.to_double();
        const auto cents = [](double price) { return std::round(price * 100) / 100; };
        return DataJson{{"T", "l"},
                        {"S", wire_symbol(symbol)},
                        {"u", cents(centre * (1 + kBand))},
                        {"d", cents(centre * (1 - kBand))},
                        {"i", "B"},
                        {"t", time_json(whole.end, form)},
                        {"z", tape_of(symbol)}};
    });
}

void DataStreams::publish_updates(Timestamp time) {
    while (!updates_.empty() && updates_.begin()->first <= time) {
        const auto closed = updates_.begin()->second;
        updates_.erase(updates_.begin());
        const auto kind = kind_of(closed.symbol);
        send(kind, StreamChannel::updated_bars, closed.symbol, [&](TimeForm form) {
            return message("u", closed.symbol, to_json(market_of(kind), closed.bar, form));
        });
    }
}

void DataStreams::publish_book(const Quote& quote) {
    if (!is_wanted(StreamKind::crypto, StreamChannel::order_books, quote.symbol)) {
        last_books_.erase(quote.symbol);
        return;
    }
    const auto book = order_book_of(quote);
    auto& last = last_books_[quote.symbol];
    const auto make = [&](bool whole, TimeForm form) {
        DataJson json = {{"T", "o"},
                         {"S", wire_symbol(quote.symbol)},
                         {"t", time_json(book.time, form)},
                         {"b", levels_json(whole ? book.bids : changes(last.bids, book.bids))},
                         {"a", levels_json(whole ? book.asks : changes(last.asks, book.asks))}};
        if (whole) json["r"] = true;
        return json;
    };
    std::array<std::string, 4> forms;  // by codec, then whole or changes
    for (auto* session : sessions_) {
        if (!session->wants(StreamChannel::order_books, quote.symbol)) continue;
        const bool whole = session->needs_whole_book(quote.symbol);
        auto& form = forms[static_cast<std::size_t>(session->codec()) * 2 + (whole ? 1 : 0)];
        if (form.empty()) {
            form = encoded(make(whole, time_form(session->codec())), session->codec());
        }
        session->add(form);
        ++messages_sent_;
    }
    last = book;
}

void DataStreams::publish_status(const Symbol& symbol, Timestamp time, bool halted) {
    const auto kind = kind_of(symbol);
    if (kind != StreamKind::stocks) return;
    send(kind, StreamChannel::statuses, symbol, [&](TimeForm form) {
        return DataJson{{"T", "s"},
                        {"S", wire_symbol(symbol)},
                        {"sc", halted ? "H" : "T"},
                        {"sm", halted ? "Trading Halt" : "Trading Resumption"},
                        {"rc", halted ? "T1" : ""},
                        {"rm", halted ? "Halt News Pending" : ""},
                        {"t", time_json(time, form)},
                        {"z", tape_of(symbol)}};
    });
}

void DataStreams::flush() {
    for (auto* session : sessions_) session->flush();
}

}  // namespace tradewind::broker
