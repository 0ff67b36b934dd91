// The ledger role: writes a step's facts to the event store and its rows to the run folder.
//
// Owned by the ledger actor (own thread) or by a fused replay. record() returns when the facts are
// as durable as the store promises: committed in `synced` mode, appended in `buffered` mode.
// Source: architecture 4 and 7.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "actors/step/step_data.hpp"
#include "ledger/event_store.hpp"
#include "ledger/run_folder.hpp"

namespace tradewind::actors {

class LedgerStage {
  public:
    // `folder` may be null (a daemon writes no run folder). `tap` sees every record once it is as
    // durable as the store promises. `alarm` hears, before record() returns, that the store could
    // not be written and that its reserve was released for the exits: no new risk from there on.
    LedgerStage(ledger::EventStore& store, ledger::RunFolder* folder, bool synced,
                std::function<void(const RecordRequest&)> tap = {},
                std::function<void(const std::string& reason)> alarm = {})
        : store_(store),
          folder_(folder),
          synced_(synced),
          tap_(std::move(tap)),
          alarm_(std::move(alarm)) {}

    void record(const RecordRequest& request);

  private:
    void commit();

    ledger::EventStore& store_;
    ledger::RunFolder* folder_;
    bool synced_;
    std::function<void(const RecordRequest&)> tap_;
    std::function<void(const std::string&)> alarm_;
};

}  // namespace tradewind::actors
