// Where the sequencer of a replay takes its steps from: a catalog or a recording. Owned by the
// sequencer's thread; virtual time, so the next step follows the last one's `done`.
#pragma once

#include "actors/step/step_data.hpp"

namespace tradewind::actors {

class StepFeed {
  public:
    StepFeed() = default;
    StepFeed(const StepFeed&) = delete;
    StepFeed& operator=(const StepFeed&) = delete;
    virtual ~StepFeed() = default;

    // Fills `inputs` with the next step; false at the end of the data. Throws Error as the source
    // names it.
    virtual bool next(StepInputs& inputs) = 0;
    // The instant of the newest step that next() gave.
    [[nodiscard]] virtual Timestamp now() const = 0;
};

}  // namespace tradewind::actors
