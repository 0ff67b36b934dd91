#include "actors/status/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

#include "actors/status/status_view.hpp"

namespace tradewind::status {
namespace {

class FamilyMaker {
  public:
    explicit FamilyMaker(std::vector<prometheus::MetricFamily>& out) : out_(out) {}
    void begin(const char* name, const char* help) {
        prometheus::MetricFamily family;
        family.name = name;
        family.help = help;
        family.type = prometheus::MetricType::Gauge;
        out_.push_back(std::move(family));
    }
    void value(double value, const Labels& labels = {}) {
        prometheus::ClientMetric metric;
        for (const auto& [name, text] : labels) metric.label.push_back({name, text});
        metric.gauge.value = value;
        out_.back().metric.push_back(std::move(metric));
    }

  private:
    std::vector<prometheus::MetricFamily>& out_;
};

void append_view(const StatusView& view, std::vector<prometheus::MetricFamily>& out) {
    FamilyMaker make(out);
    make.begin("tradewind_info", "Version, mode and broker; always 1");
    make.value(1, {{"version", view.version}, {"mode", view.mode}, {"broker", view.broker}});
    make.begin("tradewind_ready", "1 when reconciled and both streams are up");
    make.value(not_ready_reasons(view).empty() ? 1 : 0);
    make.begin("tradewind_state", "1 for the present trading state");
    for (const auto state : {TradingState::starting, TradingState::ready, TradingState::unknown,
                             TradingState::halted}) {
        make.value(view.state == state ? 1 : 0, {{"state", name_of(state)}});
    }
    make.begin("tradewind_stream_up", "1 when the stream is up");
    make.value(view.data_stream == StreamState::up ? 1 : 0, {{"stream", "data"}});
    make.value(view.trading_stream == StreamState::up ? 1 : 0, {{"stream", "trading"}});
    make.begin("tradewind_cash_dollars", "Cash of the account");
    make.value(view.cash.to_double());
    make.begin("tradewind_equity_dollars", "Cash plus market value of all positions");
    make.value(view.equity.to_double());
    make.begin("tradewind_exchange_time_seconds", "Exchange time, seconds since 1970");
    make.value(static_cast<double>(view.exchange_time.ns) / 1e9);
    make.begin("tradewind_position_quantity", "Open position, signed");
    if (view.positions) {
        for (const auto& row : *view.positions) {
            make.value(row.quantity.to_double(), {{"symbol", row.symbol.to_string()}});
        }
    }
    make.begin("tradewind_orders", "Orders by status");
    std::map<std::string, double> counts;
    if (view.orders) {
        for (const auto& order : *view.orders) counts[std::string(to_text(order.status))] += 1;
    }
    for (const auto& [status, count] : counts) make.value(count, {{"status", status}});
    make.begin("tradewind_refused_orders", "Orders that the gateway refused since the start");
    make.value(static_cast<double>(view.refused_entries), {{"role", "entry"}});
    make.value(static_cast<double>(view.refused_exits), {{"role", "exit"}});
    make.begin("tradewind_fills", "Executions of this account");
    make.value(view.fills ? static_cast<double>(view.fills->size()) : 0);
}

}  // namespace

struct Metrics::Implementation {
    prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

Metrics::Metrics() : implementation_(std::make_unique<Implementation>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    auto& family =
        prometheus::BuildCounter().Name(name).Help(help).Register(implementation_->registry);
    return Counter(family.Add(labels));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    auto& family =
        prometheus::BuildGauge().Name(name).Help(help).Register(implementation_->registry);
    return Gauge(family.Add(labels));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help,
                             const std::vector<double>& bounds, const Labels& labels) {
    auto& family =
        prometheus::BuildHistogram().Name(name).Help(help).Register(implementation_->registry);
    return Histogram(family.Add(labels, bounds));
}

std::string Metrics::text(const StatusView& view) const {
    auto families = implementation_->registry.Collect();
    append_view(view, families);
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return out.str();
}

void Counter::add(double amount) {
    metric_->Increment(amount);
}
void Gauge::set(double value) {
    metric_->Set(value);
}
void Histogram::observe(double value) {
    metric_->Observe(value);
}

}  // namespace tradewind::status
