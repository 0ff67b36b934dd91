// A text that must not be shown: a key, a password, a token.
//
// Has no text form but reveal() and is overwritten where it is dropped. Value; any thread. Source:
// contract 5.
#pragma once

#include <string>
#include <utility>

namespace tradewind {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret(Secret&&) noexcept = default;
    Secret& operator=(const Secret& other) {
        if (this != &other) {
            wipe();
            text_ = other.text_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe();
            text_ = std::move(other.text_);
            other.wipe();
        }
        return *this;
    }
    ~Secret() { wipe(); }

    // For the one header or frame that carries it; never for logs, messages or files.
    [[nodiscard]] const std::string& reveal() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }

  private:
    void wipe() noexcept {
        volatile char* bytes = text_.data();
        for (std::size_t i = 0; i < text_.size(); ++i) bytes[i] = 0;
        text_.clear();
    }

    std::string text_;
};

}  // namespace tradewind
