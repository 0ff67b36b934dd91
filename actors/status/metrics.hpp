// Counters, gauges and histograms of the process, in the Prometheus text form.
//
// Any actor may hold a handle from here and change it on any thread (a few atomic instructions);
// only the status server reads them, on a scrape. Names follow Prometheus practice: `tradewind_`
// prefix, unit as suffix, `_total` for counters. A handle lives as long as the Metrics object.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace tradewind::status {

struct StatusView;

using Labels = std::map<std::string, std::string>;

class Counter {
  public:
    explicit Counter(prometheus::Counter& metric) : metric_(&metric) {}
    void add(double amount = 1);  // amount >= 0
  private:
    prometheus::Counter* metric_;
};

class Gauge {
  public:
    explicit Gauge(prometheus::Gauge& metric) : metric_(&metric) {}
    void set(double value);

  private:
    prometheus::Gauge* metric_;
};

class Histogram {
  public:
    explicit Histogram(prometheus::Histogram& metric) : metric_(&metric) {}
    void observe(double value);

  private:
    prometheus::Histogram* metric_;
};

class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // The same name with the same labels gives the same metric. Throws std::invalid_argument on a
    // name that Prometheus does not allow, or one already used for another kind.
    Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    // `bounds`: ascending upper bounds of the buckets.
    Histogram histogram(const std::string& name, const std::string& help,
                        const std::vector<double>& bounds, const Labels& labels = {});

    // All registered metrics, then those that follow from the view (cash, equity, state, orders,
    // positions, readiness), as Prometheus text 0.0.4.
    [[nodiscard]] std::string text(const StatusView& view) const;

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tradewind::status
