#include "broker/alpaca/bar_history.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <thread>
#include <utility>

#include "broker/alpaca/backoff.hpp"
#include "broker/alpaca/stream_thread.hpp"
#include "broker/alpaca/wire_values.hpp"

namespace tradewind::broker::alpaca {
namespace {

constexpr std::size_t kSymbolsOfRequest = 50;
constexpr std::size_t kMostPages = 2'000;
constexpr int kAttempts = 5;

}  // namespace

void place_daily(Bar& bar, market::TradingCalendar calendar) {
    const auto session =
        market::session_of_bar(calendar, market::exchange_date(calendar, bar.start));
    bar.start = session.open;
    bar.end = session.close;
}

std::vector<Date> missing_sessions(const std::vector<Bar>& daily, market::TradingCalendar calendar,
                                   Date from, Date to) {
    std::vector<Date> missing;
    auto bar = daily.begin();
    for (auto date = from; date <= to; date = date + 1) {
        const auto session = market::session_on(calendar, date);
        if (!session) continue;
        while (bar != daily.end() && bar->start < session->open) ++bar;
        if (bar == daily.end() || bar->start >= session->close) missing.push_back(date);
    }
    return missing;
}

BarHistory::BarHistory(const AlpacaSettings& settings)
    : settings_(settings), budget_(std::make_shared<SharedBudget>(settings.requests_a_minute)) {
    const auto workers = std::clamp<std::size_t>(settings.history_workers, 1, 16);
    for (std::size_t i = 0; i < workers; ++i) {
        connections_.push_back(
            std::make_unique<HttpConnection>(settings_.data, settings_.keys, settings_));
    }
}

BarHistory::~BarHistory() = default;

void BarHistory::interrupt() {
    stop_ = true;
    for (const auto& connection : connections_) connection->interrupt();
}

BarAnswer BarHistory::fetch(const BarQuery& query) {
    {
        const std::lock_guard lock(mutex_);
        groups_.clear();
        answer_ = {};
        for (std::size_t i = 0; i < query.symbols.size(); i += kSymbolsOfRequest) {
            const auto end = std::min(i + kSymbolsOfRequest, query.symbols.size());
            groups_.emplace_back(query.symbols.begin() + static_cast<std::ptrdiff_t>(i),
                                 query.symbols.begin() + static_cast<std::ptrdiff_t>(end));
        }
    }
    std::vector<std::thread> threads;
    const auto count = std::min(connections_.size(), groups_.size());
    for (std::size_t i = 1; i < count; ++i) {
        threads.emplace_back([this, &query, i] { work(query, *connections_[i]); });
    }
    work(query, *connections_.front());
    for (auto& thread : threads) thread.join();
    const std::lock_guard lock(mutex_);
    const auto calendar = market::calendar_of(query.asset_class);
    for (auto& [symbol, bars] : answer_.bars) {
        std::stable_sort(bars.begin(), bars.end(),
                         [](const Bar& a, const Bar& b) { return a.start < b.start; });
        // Of equal starts the one that came last is the newest answer.
        std::vector<Bar> kept;
        for (auto& bar : bars) {
            if (query.daily) {
                place_daily(bar, calendar);
            } else {
                bar.end = bar.start + kMinute;
            }
            if (!kept.empty() && kept.back().start == bar.start) kept.pop_back();
            kept.push_back(bar);
        }
        bars = std::move(kept);
    }
    return std::move(answer_);
}

void BarHistory::work(const BarQuery& query, HttpConnection& connection) {
    for (;;) {
        std::vector<Symbol> group;
        {
            const std::lock_guard lock(mutex_);
            if (groups_.empty() || !answer_.fault.empty()) return;
            group = std::move(groups_.back());
            groups_.pop_back();
        }
        auto fault = fetch_group(query, group, connection);
        if (fault.empty()) continue;
        const std::lock_guard lock(mutex_);
        if (answer_.fault.empty()) answer_.fault = std::move(fault);
        return;
    }
}

std::string BarHistory::fetch_group(const BarQuery& query, const std::vector<Symbol>& group,
                                    HttpConnection& connection) {
    const bool crypto = query.asset_class == AssetClass::crypto;
    std::string symbols;
    for (const auto& symbol : group) {
        if (!symbols.empty()) symbols += ',';
        symbols += wire_symbol(symbol, query.asset_class);
    }
    std::string target = crypto ? "/v1beta3/crypto/" + settings_.crypto_location + "/bars"
                                : std::string("/v2/stocks/bars");
    target += "?symbols=" + encoded(symbols) + "&timeframe=" + (query.daily ? "1Day" : "1Min") +
              "&start=" + encoded(format_time(query.from)) +
              "&end=" + encoded(format_time(query.to)) + "&limit=10000&sort=asc";
    if (!crypto) {
        target += std::string("&adjustment=") + (query.adjusted ? "all" : "raw") +
                  "&feed=" + encoded(settings_.stock_feed);
    }
    std::string token;
    for (std::size_t i = 0; i < kMostPages; ++i) {
        const auto reply = patiently(
            connection, token.empty() ? target : target + "&page_token=" + encoded(token));
        if (!reply.answered() || reply.status != 200) {
            const auto error = parse_error(reply.body);
            return "bars: " + (!reply.answered()       ? reply.fault
                               : error.message.empty() ? "HTTP " + std::to_string(reply.status)
                                                       : error.message);
        }
        auto page = parse_bar_page(reply.body);
        if (!page) return "bars: an answer that is no page of bars";
        {
            const std::lock_guard lock(mutex_);
            for (auto& [symbol, bars] : page->bars) {
                auto& all = answer_.bars[symbol];
                all.insert(all.end(), bars.begin(), bars.end());
            }
        }
        if (page->next_page_token.empty()) return {};
        if (page->next_page_token == token) return "bars: the same page again";
        token = page->next_page_token;
    }
    return "bars: pages without an end";
}

// Within the budget, and again after what may pass.
HttpReply BarHistory::patiently(HttpConnection& connection, const std::string& target) {
    Backoff backoff(settings_.seed, target, {kSecond / 2, 8 * kSecond});
    HttpReply reply;
    std::mutex mutex;
    std::condition_variable never;
    const auto wait = [&](std::int64_t pause_ns) {
        std::unique_lock lock(mutex);
        for (; pause_ns > 0 && !stop_; pause_ns -= kSecond / 10) {
            never.wait_for(lock, std::chrono::nanoseconds(std::min(pause_ns, kSecond / 10)));
        }
    };
    for (int attempt = 0; attempt < kAttempts && !stop_; ++attempt) {
        for (;;) {
            const auto pause = budget_->wait_ns(Purpose::exit, steady_now_ns());
            if (pause == 0 || stop_) break;
            wait(pause);
        }
        budget_->spend(steady_now_ns());
        reply = connection.exchange(Method::get, target);
        budget_->learn(reply, steady_now_ns());
        const bool passing = !reply.answered() || reply.status == 429 || reply.status >= 500;
        if (!passing) return reply;
        backoff.failed(steady_now_ns());
        wait(backoff.wait_ns(steady_now_ns()));
    }
    return reply;
}

}  // namespace tradewind::broker::alpaca
