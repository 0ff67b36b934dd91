#include "actors/inference/stored_forecasts.hpp"

#include <bit>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include "ledger/forecast_table.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

static_assert(std::endian::native == std::endian::little, "values lie in the file as in memory");

class StoredForecasts final : public model::ForecastStore {
  public:
    explicit StoredForecasts(const std::filesystem::path& file) : table_(file) {}

    std::optional<std::vector<Deciles>> find(const model::ContextKey& key) override {
        std::optional<std::string> bytes;
        guard([&] { bytes = table_.find(place_of(key)); });
        if (!bytes || bytes->size() % sizeof(Deciles) != 0) return std::nullopt;
        std::vector<Deciles> values(bytes->size() / sizeof(Deciles));
        std::memcpy(values.data(), bytes->data(), bytes->size());
        return values;
    }
    void put(const model::ContextKey& key, std::span<const Deciles> values) override {
        guard([&] {
            table_.put(place_of(key), {reinterpret_cast<const char*>(values.data()),
                                       values.size() * sizeof(Deciles)});
        });
    }
    void commit() override {
        guard([&] { table_.commit(); });
    }

  private:
    template <class Work>
    void guard(Work&& work) {
        if (failed_) return;
        try {
            work();
        } catch (const Error&) {
            failed_ = true;
        }
    }
    static ledger::ForecastPlace place_of(const model::ContextKey& key) {
        return {key.producer,
                key.symbol.view(),
                key.last_bar_ns,
                key.horizon,
                {reinterpret_cast<const char*>(key.context.data()), sizeof(key.context)}};
    }

    ledger::ForecastTable table_;
    bool failed_ = false;
};

}  // namespace

std::unique_ptr<model::ForecastStore> open_stored_forecasts(const std::filesystem::path& file) {
    try {
        return std::make_unique<StoredForecasts>(file);
    } catch (const std::exception&) {
        return nullptr;
    }
}

}  // namespace tradewind::actors
