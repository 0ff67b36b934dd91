#include "ledger/curve_sampler.hpp"

#include <algorithm>

namespace tradewind::ledger {

void CurveSampler::halve() {
    for (std::size_t i = 0; i + 1 < buckets_.size(); i += 2) {
        const Bucket& a = buckets_[i];
        const Bucket& b = buckets_[i + 1];
        buckets_[i / 2] = {b.low.equity < a.low.equity ? b.low : a.low,
                           b.high.equity > a.high.equity ? b.high : a.high,
                           b.deepest.drawdown > a.deepest.drawdown ? b.deepest : a.deepest, b.last};
    }
    buckets_.resize(buckets_.size() / 2);
    stride_ *= 2;
}

std::vector<CurvePoint> CurveSampler::points() const {
    std::vector<CurvePoint> points;
    points.reserve(buckets_.size() * 4);
    for (const auto& bucket : buckets_) {
        points.insert(points.end(), {bucket.low, bucket.high, bucket.deepest, bucket.last});
    }
    std::stable_sort(points.begin(), points.end(),
                     [](const CurvePoint& a, const CurvePoint& b) { return a.time < b.time; });
    points.erase(
        std::unique(points.begin(), points.end(),
                    [](const CurvePoint& a, const CurvePoint& b) { return a.time == b.time; }),
        points.end());
    return points;
}

}  // namespace tradewind::ledger
