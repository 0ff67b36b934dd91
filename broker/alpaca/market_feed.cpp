#include "broker/alpaca/market_feed.hpp"

#include <algorithm>
#include <chrono>

namespace tradewind::broker::alpaca {
namespace {

constexpr std::int64_t kDayBarPause = 3 * kSecond;  // steady: until a day's bars are asked again
constexpr int kDayBarAttempts = 20;
constexpr std::int64_t kFillPause = 2 * kSecond;

}  // namespace

MarketFeed::MarketFeed(const AlpacaSettings& settings, FeedTerms terms,
                       std::shared_ptr<ExchangeClock> clock)
    : terms_(std::move(terms)),
      clock_(std::move(clock)),
      history_(settings),
      newest_minute_(terms_.newest_minute) {
    open_line(settings, AssetClass::us_equity);
    open_line(settings, AssetClass::crypto);
    thread_ = std::thread([this] { run(); });
}

MarketFeed::~MarketFeed() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    history_.interrupt();
    wake_.notify_all();
    thread_.join();
    for (auto& line : lines_) line->stream.reset();
}

void MarketFeed::open_line(const AlpacaSettings& settings, AssetClass asset_class) {
    auto owned = std::make_unique<Line>();
    auto& line = *owned;
    line.asset_class = asset_class;
    for (const auto& [symbol, each] : terms_.symbols) {
        if ((each == AssetClass::crypto) == (asset_class == AssetClass::crypto)) {
            line.symbols.push_back(symbol);
        }
    }
    if (line.symbols.empty()) return;
    const bool crypto = asset_class == AssetClass::crypto;
    DataStreamTerms stream;
    stream.name = crypto ? "crypto data" : "stock data";
    stream.address = settings.data_stream;
    if (stream.address.path.empty()) {
        stream.path =
            crypto ? "/v1beta3/crypto/" + settings.crypto_location : "/v2/" + settings.stock_feed;
    }
    stream.asset_class = asset_class;
    stream.symbols = line.symbols;
    DataStreamSink sink;
    sink.data = [this, &line](const DataMessage& message) { take_message(line, message); };
    sink.subscribed = [this, &line] {
        {
            const std::lock_guard lock(mutex_);
            line.subscribed = true;
            line.filling = true;
        }
        push([this, &line] { fill(line); });
    };
    sink.down = [this, &line](const std::string& reason) {
        terms_.log(reason);
        const std::lock_guard lock(mutex_);
        line.subscribed = false;
        line.filling = true;
        line.reason = reason;
    };
    sink.remark = terms_.log;
    sink.market_open = [this, crypto] {
        return crypto ||
               market::session_at(market::TradingCalendar::nyse, clock_->at(steady_now_ns()))
                   .has_value();
    };
    lines_.push_back(std::move(owned));
    line.stream = std::make_unique<DataStream>(settings, std::move(stream), std::move(sink));
}

bool MarketFeed::add_minute(const Symbol& symbol, const Bar& bar) {
    auto& newest = newest_minute_[symbol];
    if (bar.start <= newest) return false;
    newest = bar.start;
    minutes_.emplace_back(symbol, bar);
    return true;
}

void MarketFeed::take_message(Line& line, const DataMessage& message) {
    if (!terms_.symbols.contains(message.symbol)) return;
    const std::lock_guard lock(mutex_);
    switch (message.kind) {
        case DataMessage::Kind::quote: {
            if (!message.quote.valid()) return;
            auto& newest = quotes_[message.symbol];
            if (message.quote.time >= newest.time) newest = message.quote;
            return;
        }
        case DataMessage::Kind::minute_bar:
            if (line.filling) {
                line.waiting.emplace_back(message.symbol, message.bar);
            } else {
                add_minute(message.symbol, message.bar);
            }
            return;
        case DataMessage::Kind::status:
            terms_.log("trading status of " + message.symbol.to_string() + ": " + message.text);
            return;
        default:
            return;  // a corrected minute was decided on already
    }
}

void MarketFeed::push(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    wake_.notify_all();
}

void MarketFeed::pause(std::int64_t pause_ns) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::nanoseconds(pause_ns), [this] { return stop_.load(); });
}

void MarketFeed::run() {
    while (!stop_) {
        std::function<void()> job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
            if (stop_) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
    }
}

// The minutes from the newest known one to now, before those that the stream brought meanwhile.
void MarketFeed::fill(Line& line) {
    BarQuery query;
    query.symbols = line.symbols;
    query.asset_class = line.asset_class;
    query.to = clock_->at(steady_now_ns());
    query.from = query.to;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& symbol : line.symbols) {
            const auto known = newest_minute_.find(symbol);
            if (known != newest_minute_.end() && known->second.ns != 0) {
                query.from = std::min(query.from, known->second + kMinute);
            }
        }
    }
    BarAnswer answer;
    // Without a history there is nothing that could have a gap.
    if (query.from < query.to) answer = history_.fetch(query);
    if (stop_) return;
    const std::lock_guard lock(mutex_);
    if (!answer.fault.empty()) {
        line.reason = answer.fault;
        terms_.log("missing minutes could not be fetched: " + answer.fault);
        if (line.subscribed) {
            jobs_.push_back([this, &line] {
                pause(kFillPause);
                if (!stop_) fill(line);
            });
        }
        return;
    }
    std::size_t late = 0;
    for (auto& [symbol, bars] : answer.bars) {
        if (!terms_.symbols.contains(symbol)) continue;
        for (auto& bar : bars) {
            if (bar.end > query.to) continue;  // still forming
            bar.late = true;
            late += add_minute(symbol, bar) ? 1 : 0;
        }
    }
    for (const auto& [symbol, bar] : line.waiting) add_minute(symbol, bar);
    line.waiting.clear();
    line.filling = false;
    if (late > 0) terms_.log("fetched " + std::to_string(late) + " missing minute bars");
}

void MarketFeed::fetch_day(AssetClass asset_class, Date date) {
    BarQuery query;
    query.asset_class = asset_class;
    query.daily = true;
    query.from = utc_midnight(date);
    query.to = utc_midnight(date) + kDay - kSecond;
    for (const auto& [symbol, each] : terms_.symbols) {
        if ((each == AssetClass::crypto) == (asset_class == AssetClass::crypto)) {
            query.symbols.push_back(symbol);
        }
    }
    const auto calendar = market::calendar_of(asset_class);
    for (int attempt = 0; attempt < kDayBarAttempts && !query.symbols.empty() && !stop_;
         ++attempt) {
        pause(kDayBarPause);
        if (stop_) return;
        const auto answer = history_.fetch(query);
        const std::lock_guard lock(mutex_);
        for (const auto& [symbol, bars] : answer.bars) {
            for (const auto& bar : bars) {
                if (market::exchange_date(calendar, bar.start) != date) continue;
                daily_.emplace_back(symbol, bar);
                std::erase(query.symbols, symbol);
            }
        }
    }
    for (const auto& symbol : query.symbols) {
        terms_.log("no daily bar of " + symbol.to_string() + " for " + format_date(date));
    }
}

void MarketFeed::cross(market::TradingCalendar calendar, Timestamp from, Timestamp to,
                       FeedBatch& batch) {
    const bool crypto = calendar == market::TradingCalendar::utc_days;
    const auto asset_class = crypto ? AssetClass::crypto : AssetClass::us_equity;
    const auto any = std::any_of(lines_.begin(), lines_.end(), [&](const auto& line) {
        return (line->asset_class == AssetClass::crypto) == crypto;
    });
    if (!any) return;
    const auto first = market::exchange_date(calendar, from);
    const auto last = market::exchange_date(calendar, to);
    for (auto date = first; date <= last; date = date + 1) {
        const auto session = market::session_on(calendar, date);
        if (!session) continue;
        const auto tell = [&](SessionPhase phase, Timestamp time) {
            if (time <= from || time > to) return false;
            SessionEvent event;
            event.phase = phase;
            event.date = date;
            event.crypto = crypto;
            batch.sessions.push_back(event);
            batch.session_times.push_back(time);
            return true;
        };
        tell(SessionPhase::opened, session->open);
        if (tell(SessionPhase::closed, session->close)) {
            push([this, asset_class, date] { fetch_day(asset_class, date); });
        }
    }
}

FeedBatch MarketFeed::take(Timestamp now) {
    FeedBatch batch;
    if (taken_.ns != 0 && now > taken_) {
        // Coins first: their day ends at midnight, when no stock session does.
        cross(market::TradingCalendar::utc_days, taken_, now, batch);
        cross(market::TradingCalendar::nyse, taken_, now, batch);
    } else if (taken_.ns == 0 && !market::session_at(market::TradingCalendar::nyse, now)) {
        const auto ended = market::last_ended_session(market::TradingCalendar::nyse, now);
        batch.sessions.push_back({SessionPhase::closed, ended.date, false});
        batch.session_times.push_back(now);
    }
    taken_ = std::max(taken_, now);
    const std::lock_guard lock(mutex_);
    batch.minutes.swap(minutes_);
    batch.daily.swap(daily_);
    for (const auto& [symbol, quote] : quotes_) batch.quotes.push_back(quote);
    quotes_.clear();
    return batch;
}

bool MarketFeed::complete() const {
    const std::lock_guard lock(mutex_);
    return std::all_of(lines_.begin(), lines_.end(),
                       [](const auto& line) { return line->subscribed && !line->filling; });
}

std::string MarketFeed::reason() const {
    const std::lock_guard lock(mutex_);
    for (const auto& line : lines_) {
        if (!line->subscribed) return line->reason;
        if (line->filling) return "missing minutes are being fetched";
    }
    return {};
}

}  // namespace tradewind::broker::alpaca
