// Writes canonical JSON objects straight into a growing buffer: the hot path of the event store.
//
// Members come in the order of the calls, which is the sorted order of their keys; empty and zero
// members are left out. Nothing is allocated once the buffer has grown. One thread per buffer.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "messages/decimal.hpp"

namespace tradewind::ledger {

// Bytes that only grow at the end; clear() keeps the memory. Pointers into it move with room().
class ByteBuffer {
  public:
    // Room for `size` more bytes; taken by advance_to().
    [[nodiscard]] char* room(std::size_t size) {
        if (capacity_ - size_ < size) grow(size);
        return data_.get() + size_;
    }
    void advance_to(const char* end) { size_ = static_cast<std::size_t>(end - data_.get()); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::string_view view(std::size_t from, std::size_t length) const {
        return {data_.get() + from, length};
    }
    [[nodiscard]] std::string_view view() const { return view(0, size_); }
    void clear() { size_ = 0; }
    // Drops what lies behind the first `size` bytes.
    void cut(std::size_t size) { size_ = size; }

  private:
    void grow(std::size_t size) {
        const auto capacity = 2 * capacity_ + size;
        auto wider = std::make_unique_for_overwrite<char[]>(capacity);
        if (size_ > 0) std::memcpy(wider.get(), data_.get(), size_);
        data_ = std::move(wider);
        capacity_ = capacity;
    }
    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

class ObjectWriter {
  public:
    explicit ObjectWriter(ByteBuffer& buffer) : buffer_(buffer), out_(buffer.room(1)) {
        *out_++ = '{';
        buffer_.advance_to(out_);
    }

    template <std::size_t N>
    ObjectWriter& text(const char (&key)[N], std::string_view value) {
        if (!value.empty()) {
            // The worst byte becomes six: \u0001.
            open(key, 6 * value.size() + 1);
            escaped(value);
            close_text();
        }
        return *this;
    }
    // A word of our own: nothing in it needs an escape.
    template <std::size_t N>
    ObjectWriter& word(const char (&key)[N], std::string_view value) {
        if (!value.empty()) {
            open(key, value.size() + 1);
            std::memcpy(out_, value.data(), value.size());
            out_ += value.size();
            close_text();
        }
        return *this;
    }
    template <std::size_t N, class Tag, class Rep, int Digits>
    ObjectWriter& decimal(const char (&key)[N], Decimal<Tag, Rep, Digits> value) {
        if (!value.is_zero()) {
            open(key, 48 + 1);
            out_ = value.format(out_);
            close_text();
        }
        return *this;
    }
    template <std::size_t N>
    ObjectWriter& real(const char (&key)[N], double value) {
        if (value != 0) {
            open(key, 32 + 1);
            out_ = std::to_chars(out_, out_ + 32, value).ptr;
            close_text();
        }
        return *this;
    }
    template <std::size_t N>
    ObjectWriter& number(const char (&key)[N], std::int64_t value) {
        if (value != 0) {
            open(key, 24);
            --out_;  // no quotes
            out_ = std::to_chars(out_, out_ + 24, value).ptr;
            buffer_.advance_to(out_);
        }
        return *this;
    }
    template <std::size_t N>
    ObjectWriter& flag(const char (&key)[N], bool value) {
        if (value) {
            open(key, 4);
            std::memcpy(--out_, "true", 4);
            out_ += 4;
            buffer_.advance_to(out_);
        }
        return *this;
    }
    // Ends the object. True: bad bytes were replaced.
    bool done() {
        out_ = buffer_.room(1);
        *out_++ = '}';
        buffer_.advance_to(out_);
        return sanitized_;
    }

  private:
    // `,"key":"` with room for `size` more bytes.
    template <std::size_t N>
    void open(const char (&key)[N], std::size_t size) {
        out_ = buffer_.room(N + 4 + size);
        if (!first_) *out_++ = ',';
        first_ = false;
        *out_++ = '"';
        std::memcpy(out_, key, N - 1);
        out_ += N - 1;
        std::memcpy(out_, "\":\"", 3);
        out_ += 3;
    }
    void close_text() {
        *out_++ = '"';
        buffer_.advance_to(out_);
    }
    void escaped(std::string_view value);
    void escape(std::string_view value, std::size_t& at);

    ByteBuffer& buffer_;
    char* out_;
    bool first_ = true;
    bool sanitized_ = false;
};

}  // namespace tradewind::ledger
