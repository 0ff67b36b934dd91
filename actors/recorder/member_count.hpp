// How many members an aggregate has, so that a description of its fields that forgets one is
// noticed. Compile time only; members that are C arrays or bases are not supported.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace tradewind::actors {

// Converts to whatever a member is.
struct AnyMember {
    template <class T>
    operator T() const;  // NOLINT: implicit on purpose, never defined
};

template <class T, std::size_t... I>
constexpr bool initialisable_by(std::index_sequence<I...> /*members*/) {
    return requires {
        T{(static_cast<void>(I), AnyMember{})...};
    };
}

template <class T, std::size_t N = 0>
constexpr std::size_t member_count() {
    static_assert(std::is_aggregate_v<T>);
    static_assert(N < 64, "an aggregate of fewer members");
    if constexpr (initialisable_by<T>(std::make_index_sequence<N + 1>{})) {
        return member_count<T, N + 1>();
    } else {
        return N;
    }
}

}  // namespace tradewind::actors
