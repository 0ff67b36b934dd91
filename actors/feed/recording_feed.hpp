// The feed of a replay of a recorded session: its steps as they were released, inputs and all.
//
// What a broker answered later is among the inputs (`broker_events`), so the broker stage beside it
// is actors/broker/recorded_stage.hpp. Owned by the sequencer's thread; blocking file I/O. Errors:
// Error corrupt or data with file, step and field. Source: architecture 5.
#pragma once

#include <utility>

#include "actors/feed/step_feed.hpp"
#include "market/catalog/recording.hpp"

namespace tradewind::actors {

class RecordingFeed final : public StepFeed {
  public:
    explicit RecordingFeed(market::RecordingReader reader) : reader_(std::move(reader)) {}

    bool next(StepInputs& inputs) override;
    [[nodiscard]] Timestamp now() const override { return now_; }
    [[nodiscard]] const market::RecordingReader& reader() const { return reader_; }

  private:
    market::RecordingReader reader_;
    market::RecordedStep step_;
    Timestamp now_;
};

}  // namespace tradewind::actors
