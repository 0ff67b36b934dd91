// A CSV file that is formatted into one buffer, hashed and written a MiB at a time. One thread.
// Error failed when the disk does not take it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/number_text.hpp"
#include "ledger/sha256.hpp"
#include "messages/time.hpp"

namespace tradewind::ledger {

class CsvFile {
  public:
    // `header` is the first line without its end.
    CsvFile(const std::filesystem::path& file, std::string_view header);
    ~CsvFile();
    CsvFile(CsvFile&& other) noexcept;
    CsvFile& operator=(CsvFile&& other) noexcept;

    // Room for one row of at most `size` characters; end_row() takes one past its end.
    [[nodiscard]] char* begin_row(std::size_t size) {
        if (used_ + size > kBufferSize) flush();
        return buffer_.get() + used_;
    }
    void end_row(const char* end) {
        used_ = static_cast<std::size_t>(end - buffer_.get());
        ++rows_;
    }

    // A row made cell by cell; text is quoted where it must be, line breaks in it become spaces.
    class Row {
      public:
        explicit Row(CsvFile& file) : file_(file), line_(std::move(file.line_)) { line_.clear(); }
        ~Row() {
            file_.put_line(line_);
            file_.line_ = std::move(line_);
        }
        Row(const Row&) = delete;
        Row& operator=(const Row&) = delete;

        Row& text(std::string_view value);
        Row& time(Timestamp value);  // the zero time is an empty cell
        template <class Value>
        Row& decimal(const Value& value) {
            char buffer[48];
            separate();
            line_.append(buffer, value.format(buffer));
            return *this;
        }
        template <class Value>
        Row& decimal_or_empty(const Value& value) {
            if (!value.is_zero()) return decimal(value);
            separate();
            return *this;
        }
        template <class Real>
        Row& real(Real value) {
            char buffer[kFixedTextRoom];
            separate();
            line_.append(buffer, format_fixed(buffer, value));
            return *this;
        }

      private:
        void separate() {
            if (cells_++ > 0) line_ += ',';
        }
        CsvFile& file_;
        std::string line_;
        int cells_ = 0;
    };
    [[nodiscard]] Row row() { return Row(*this); }

    // Writes the rest and closes; returns the hash of the whole file in hex.
    std::string finish();
    [[nodiscard]] std::uint64_t rows() const { return rows_; }

  private:
    static constexpr std::size_t kBufferSize = 1U << 20U;

    void put_line(const std::string& line);
    void flush();

    std::filesystem::path file_;
    int descriptor_ = -1;
    std::unique_ptr<char[]> buffer_;
    std::string line_;  // memory for the next row
    std::size_t used_ = 0;
    std::uint64_t rows_ = 0;
    Sha256 sha_;
};

// Writes a small text file.
void write_text_file(const std::filesystem::path& file, std::string_view text);

}  // namespace tradewind::ledger
