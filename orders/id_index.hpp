// Finds the number of an id (order, fill, decision) whose text lives elsewhere, for books that only
// grow: a flat table of (hash, number), without a copy of any id. `id_of(number)` gives the text of
// a number that was added. Nothing is ever iterated, so no order depends on hashing. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/error.hpp"

namespace tradewind::orders {

class IdIndex {
  public:
    template <class IdOf>
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id, IdOf&& id_of) const {
        if (entries_.empty()) return std::nullopt;
        const Entry& entry = entries_[place_of(id, hash_of(id), id_of)];
        if (entry.number == kNone) return std::nullopt;
        return entry.number;
    }

    // The number of a known id; else empty, and the id has `number` from now on. `number` counts
    // up to 2^32 - 2.
    template <class IdOf>
    std::optional<std::size_t> find_or_add(std::string_view id, std::size_t number, IdOf&& id_of) {
        if (2 * (count_ + 1) > entries_.size()) widen();
        const auto hash = hash_of(id);
        Entry& entry = entries_[place_of(id, hash, id_of)];
        if (entry.number != kNone) return entry.number;
        ensure(number < kNone, "an index of ids has room");
        entry = {hash, static_cast<std::uint32_t>(number)};
        ++count_;
        return std::nullopt;
    }

  private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    static constexpr std::size_t kSmallest = 64;
    struct Entry {
        std::uint32_t hash = 0;
        std::uint32_t number = kNone;
    };

    static std::uint32_t hash_of(std::string_view id) {
        const auto wide = static_cast<std::uint64_t>(std::hash<std::string_view>{}(id));
        return static_cast<std::uint32_t>(wide ^ (wide >> 32U));
    }
    // Where the id is, or the free place where it belongs. The size is a power of two, and at most
    // half of the places are taken.
    template <class IdOf>
    [[nodiscard]] std::size_t place_of(std::string_view id, std::uint32_t hash,
                                       IdOf&& id_of) const {
        const auto mask = entries_.size() - 1;
        auto at = hash & mask;
        while (entries_[at].number != kNone &&
               (entries_[at].hash != hash || id_of(entries_[at].number) != id)) {
            at = (at + 1) & mask;
        }
        return at;
    }
    void widen() {
        std::vector<Entry> wider(entries_.empty() ? kSmallest : 2 * entries_.size());
        const auto mask = wider.size() - 1;
        for (const Entry& entry : entries_) {
            if (entry.number == kNone) continue;
            auto at = entry.hash & mask;
            while (wider[at].number != kNone) at = (at + 1) & mask;
            wider[at] = entry;
        }
        entries_ = std::move(wider);
    }

    std::vector<Entry> entries_;
    std::size_t count_ = 0;
};

// A growing set of ids with their texts.
class IdMemory {
  public:
    // False: it was there.
    bool add(std::string_view id) {
        if (index_.find_or_add(id, ends_.size(), Texts{*this})) return false;
        text_ += id;
        ends_.push_back(text_.size());
        return true;
    }
    [[nodiscard]] bool contains(std::string_view id) const {
        return index_.find(id, Texts{*this}).has_value();
    }
    [[nodiscard]] std::size_t size() const { return ends_.size(); }

  private:
    struct Texts {
        const IdMemory& memory;
        std::string_view operator()(std::size_t number) const {
            const auto from = number == 0 ? 0 : memory.ends_[number - 1];
            return std::string_view(memory.text_).substr(from, memory.ends_[number] - from);
        }
    };
    IdIndex index_;
    std::string text_;  // of all ids, one behind the other
    std::vector<std::size_t> ends_;
};

}  // namespace tradewind::orders
