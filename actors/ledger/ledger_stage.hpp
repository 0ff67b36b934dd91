// The ledger role: writes a step's facts to the event store and its rows to the run folder.
//
// Owned by the ledger actor (own thread) or by a fused replay. record() returns when the facts are
// as durable as the store promises: committed in `synced` mode, appended in `buffered` mode.
// Source: architecture 4 and 7.
#pragma once

#include <functional>
#include <utility>

#include "actors/step/step_data.hpp"
#include "ledger/event_store.hpp"
#include "ledger/run_folder.hpp"

namespace tradewind::actors {

class LedgerStage {
  public:
    // `folder` may be null (a daemon writes no run folder). `tap` sees every record once it is as
    // durable as the store promises.
    LedgerStage(ledger::EventStore& store, ledger::RunFolder* folder, bool synced,
                std::function<void(const RecordRequest&)> tap = {})
        : store_(store), folder_(folder), synced_(synced), tap_(std::move(tap)) {}

    void record(const RecordRequest& request);

  private:
    ledger::EventStore& store_;
    ledger::RunFolder* folder_;
    bool synced_;
    std::function<void(const RecordRequest&)> tap_;
};

}  // namespace tradewind::actors
