// A view as a running paper daemon would publish, made of fixed values.
#pragma once

#include "actors/status/status_view.hpp"

namespace tradewind::test {

[[nodiscard]] status::StatusView sample_view();

}  // namespace tradewind::test
