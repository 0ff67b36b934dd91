#include "ledger/run_folder.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "ledger/checksum_file.hpp"
#include "ledger/csv_file.hpp"
#include "ledger/equity_writer.hpp"
#include "ledger/output_folder.hpp"
#include "ledger/report_page.hpp"
#include "ledger/run_tables.hpp"
#include "ledger/sha256.hpp"
#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

using Json = nlohmann::ordered_json;

Json describe(const RunInfo& info, const RunResult& result, std::uint64_t events) {
    Json document;
    document["version"] = info.version;
    document["commit"] = info.commit;
    document["command"] = info.command;
    document["strategy"] = info.strategy;
    document["model_id"] = info.model_id;
    document["seed"] = info.seed;
    document["wall_start"] = format_time(info.wall_start);
    document["wall_end"] = format_time(info.wall_end);
    document["load_seconds"] = info.load_seconds;
    document["engine_seconds"] = info.engine_seconds;
    document["final_cash"] = result.cash.to_string();
    document["final_equity"] = result.equity.to_string();
    document["settings"] = Json::array();
    for (const auto& setting : info.settings) {
        document["settings"].push_back(
            {{"key", setting.key}, {"value", setting.value}, {"source", setting.source}});
    }
    document["data"] = Json::array();
    for (const auto& file : info.data) {
        document["data"].push_back({{"path", file.path},
                                    {"sha256", file.sha256},
                                    {"rows", file.rows},
                                    {"suspect_rows", file.suspect_rows},
                                    {"skipped_rows", file.skipped_rows}});
    }
    document["counts"] = info.counts;
    document["counts"]["events"] = events;
    document["counts"]["orders"] = result.statistics.orders;
    document["counts"]["fills"] = result.statistics.fills;
    document["counts"]["trades"] = result.statistics.trades;
    document["notes"] = info.notes;
    document["hashes"] = result.hashes;
    return document;
}

}  // namespace

struct RunFolder::Impl {
    Impl(const std::filesystem::path& out, const RunFolderOptions& wanted)
        : options(wanted),
          folder(out, wanted.overwrite),
          statistics(wanted.initial_cash, wanted.any_non_crypto),
          equity(folder.working_path()) {}

    EventStore& open_store() {
        if (!store) {
            StoreOptions store_options;
            store_options.durability = Durability::buffered;
            store.emplace(folder.working_path(), store_options);
        }
        return *store;
    }

    void count(const LedgerState& state) {
        for (const auto& booked : state.orders()) {
            if (booked.order.status != OrderStatus::refused) statistics.count_order();
        }
        for (const auto& booked : state.fills()) statistics.add_fill(booked.fill);
        for (const auto& trip : state.trades()) statistics.add_trade(trip);
        statistics.add_financing(state.financing());
    }

    RunResult finish(const RunInfo& info) {
        ensure(!finished, "a run folder is finished once");
        finished = true;
        const auto& path = folder.working_path();
        EventStore& events = open_store();
        events.close();
        const LedgerState& state = events.state();
        count(state);

        RunResult result;
        auto& hashes = result.hashes;
        hashes[kOrdersCsv.file] = write_orders(path, state, equity.last_time());
        hashes[kFillsCsv.file] = write_fills(path, state);
        hashes[kTradesCsv.file] = write_trades(path, state);
        hashes[kDecisionsCsv.file] = write_decisions(path, state);
        hashes[kPositionsCsv.file] = write_positions(path, std::move(positions));
        hashes[kForecastsCsv.file] = write_forecasts(path, std::move(forecasts));
        hashes[kEquityCsv.file] = equity.finish();
        result.statistics = statistics.finish(info.benchmark);
        const auto statistics_text = to_json(result.statistics);
        write_text_file(path / "statistics.json", statistics_text);
        hashes["statistics.json"] = to_hex(sha256_of(statistics_text));
        result.cash = state.cash();
        result.equity = result.statistics.final_equity;

        const auto document = describe(info, result, events.last_sequence());
        write_text_file(path / "run.json",
                        document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
        const auto log = path / "log.jsonl";
        if (!std::filesystem::exists(log)) write_text_file(log, "");
        if (options.report) {
            const auto curve = equity.curve().points();
            write_text_file(path / "report.html", render_page(load_report(path, &curve)));
        }
        write_text_file(path / kChecksumFile, checksum_text(path, hashes));
        folder.publish(options.sync);
        return result;
    }

    RunFolderOptions options;
    OutputFolder folder;
    StatisticsAccumulator statistics;
    EquityWriter equity;
    std::optional<EventStore> store;
    std::vector<PositionRow> positions;
    std::vector<ForecastRecord> forecasts;
    bool finished = false;
};

RunFolder::RunFolder(const std::filesystem::path& out, const RunFolderOptions& options)
    : impl_(std::make_unique<Impl>(out, options)) {}
RunFolder::~RunFolder() = default;
RunFolder::RunFolder(RunFolder&&) noexcept = default;
RunFolder& RunFolder::operator=(RunFolder&&) noexcept = default;

const std::filesystem::path& RunFolder::working_path() const {
    return impl_->folder.working_path();
}
EventStore& RunFolder::store() {
    return impl_->open_store();
}

void RunFolder::add(const EquityRow& row) {
    impl_->equity.add(row, impl_->statistics);
}
void RunFolder::add(std::span<const EquityRow> rows) {
    for (const auto& row : rows) impl_->equity.add(row, impl_->statistics);
}
void RunFolder::add(PositionRow row) {
    impl_->positions.push_back(row);
}
void RunFolder::add(ForecastRecord row) {
    impl_->forecasts.push_back(std::move(row));
}

RunResult RunFolder::finish(const RunInfo& info) {
    return impl_->finish(info);
}

}  // namespace tradewind::ledger
