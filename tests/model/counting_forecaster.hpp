// A batched forecaster for tests: answers are a plain function of symbol, row and step, every batch
// is kept, and a symbol named BAD fails whatever batch it is in.
#pragma once

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "messages/bar.hpp"
#include "model/batched_forecaster.hpp"
#include "model/forecaster.hpp"
#include "model/request_queue.hpp"

namespace tradewind::model::test {

class CountingForecaster final : public Forecaster, public BatchedForecaster {
  public:
    explicit CountingForecaster(std::size_t at_once = 1) : at_once_(at_once) { rows_.fill(4); }

    const std::string& id() const override { return id_; }
    std::size_t minimum_points() const override { return 1; }
    std::size_t maximum_points() const override { return 512; }
    std::vector<Forecast> forecast(std::span<const ForecastRequest> requests) override {
        return answer_all(*this, requests);
    }
    BatchedForecaster* batched() override { return this; }
    const std::array<std::size_t, kContextBuckets.size()>& rows_per_batch() const override {
        return rows_;
    }
    std::size_t batches_at_once() const override { return at_once_; }

    std::string examine(const ForecastRequest& request,
                        std::vector<std::size_t>& points) const override {
        auto refusal = refusal_of(request, minimum_points());
        points.clear();
        for (const auto& row : request.rows) points.push_back(row.end_index - 1);
        return refusal;
    }

    void run(std::span<RowsOfBatch> batches) override {
        for (auto& batch : batches) {
            batch.failure = nullptr;
            sizes.push_back(batch.rows.size());
            for (auto& row : batch.rows) {
                if (broken || row.request->symbol == Symbol("BAD")) {
                    batch.failure = std::make_exception_ptr(std::runtime_error("bad row"));
                    continue;
                }
                ++rows_run;
                order.push_back(row.request->symbol.to_string());
                for (std::size_t i = 0; i < row.values.size(); ++i) {
                    row.values[i].fill(value(*row.request, row.row, i));
                }
                row.finite = row.request->symbol != Symbol("NAN");
            }
            if (batch.rows.empty() && broken) {
                batch.failure = std::make_exception_ptr(std::runtime_error("device lost"));
            }
        }
    }

    static float value(const ForecastRequest& request, std::uint32_t row, std::size_t place) {
        const auto close = request.series->bars[request.rows[row].end_index - 1].close;
        return static_cast<float>(close.to_double() + static_cast<double>(place));
    }

    bool broken = false;  // every batch fails, an empty one too
    std::size_t rows_run = 0;
    std::vector<std::size_t> sizes;  // rows of each batch
    std::vector<std::string> order;  // symbols of rows, as they ran

  private:
    std::string id_ = "counting-1";
    std::size_t at_once_;
    std::array<std::size_t, kContextBuckets.size()> rows_{};
};

}  // namespace tradewind::model::test
