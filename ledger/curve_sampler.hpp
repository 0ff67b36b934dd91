// A long curve kept small: at most kMaxBuckets buckets of equal row counts, each with its extremes,
// so that no peak or fall is lost from a picture. A value costs a few nanoseconds. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "messages/time.hpp"

namespace tradewind::ledger {

struct CurvePoint {
    Timestamp time;
    double equity = 0;
    double drawdown = 0;
};

class CurveSampler {
  public:
    static constexpr std::size_t kMaxBuckets = 1'024;

    void add(Timestamp time, double equity, double drawdown) {
        const CurvePoint point{time, equity, drawdown};
        if (in_bucket_ == 0) {
            if (buckets_.size() == kMaxBuckets) halve();
            buckets_.push_back({point, point, point, point});
        } else {
            Bucket& bucket = buckets_.back();
            if (equity < bucket.low.equity) bucket.low = point;
            if (equity > bucket.high.equity) bucket.high = point;
            if (drawdown > bucket.deepest.drawdown) bucket.deepest = point;
            bucket.last = point;
        }
        if (++in_bucket_ == stride_) in_bucket_ = 0;
    }

    // Extremes and last points in time order.
    [[nodiscard]] std::vector<CurvePoint> points() const;

  private:
    struct Bucket {
        CurvePoint low;
        CurvePoint high;
        CurvePoint deepest;
        CurvePoint last;
    };
    void halve();

    std::vector<Bucket> buckets_;
    std::uint64_t stride_ = 1;
    std::uint64_t in_bucket_ = 0;
};

}  // namespace tradewind::ledger
