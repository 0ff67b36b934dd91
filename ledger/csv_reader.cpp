#include "ledger/csv_reader.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace tradewind::ledger {

std::string read_text_file(const std::filesystem::path& file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"),
                                                             &std::fclose);
    if (!in) {
        throw Error(ErrorKind::corrupt, "file is missing", file.string(), std::strerror(errno));
    }
    std::error_code error;
    std::string text(static_cast<std::size_t>(std::filesystem::file_size(file, error)), '\0');
    text.resize(std::fread(text.data(), 1, text.size(), in.get()));
    return text;
}

CsvReader::CsvReader(const std::filesystem::path& folder, const CsvColumns& columns)
    : file_((folder / columns.file).string()), text_(read_text_file(file_)) {
    const std::string_view header = columns.header;
    if (!std::string_view(text_).starts_with(std::string(header) + "\n")) {
        refuse("its header is not `" + std::string(header) + "`");
    }
    at_ = header.size() + 1;
    for (std::size_t start = 0; start <= header.size();) {
        const auto end = std::min(header.find(',', start), header.size());
        names_.emplace_back(header.substr(start, end - start));
        start = end + 1;
    }
    unquoted_.resize(names_.size());
}

std::size_t CsvReader::column(std::string_view name) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (names_[i] == name) return i;
    }
    throw InvariantBroken("no column " + std::string(name));
}

bool CsvReader::next() {
    if (at_ >= text_.size()) return false;
    ++line_;
    const auto end = text_.find('\n', at_);
    if (end == std::string::npos) refuse("the line does not end");
    split(std::string_view(text_).substr(at_, end - at_));
    at_ = end + 1;
    return true;
}

void CsvReader::split(std::string_view line) {
    cells_.clear();
    for (std::size_t at = 0;; ++at) {
        if (cells_.size() == names_.size()) refuse("too many cells");
        if (at < line.size() && line[at] == '"') {
            auto& cell = unquoted_[cells_.size()];
            cell.clear();
            for (++at;; ++at) {
                if (at >= line.size()) refuse("a quote is not closed");
                if (line[at] != '"') {
                    cell += line[at];
                } else if (at + 1 < line.size() && line[at + 1] == '"') {
                    cell += '"';
                    ++at;
                } else {
                    break;
                }
            }
            ++at;
            if (at < line.size() && line[at] != ',') refuse("text after a closed quote");
            cells_.push_back(cell);
        } else {
            const auto end = std::min(line.find(',', at), line.size());
            cells_.push_back(line.substr(at, end - at));
            at = end;
        }
        if (at >= line.size()) break;
    }
    if (cells_.size() != names_.size()) refuse("too few cells");
}

std::string CsvReader::place() const {
    return file_ + ":" + std::to_string(line_);
}

void CsvReader::refuse(const std::string& why) const {
    throw Error(ErrorKind::corrupt, "file is malformed", place(), why);
}

}  // namespace tradewind::ledger
