// A folder that appears complete or not at all: filled as a sibling `.NAME.partial-XXXXXX`,
// then renamed into place in one step. Partial folders of killed programs are removed on the way.
// One thread. Error usage when the path cannot be used.
#pragma once

#include <filesystem>

namespace tradewind::ledger {

class OutputFolder {
  public:
    // `out` is absent or an empty folder; with `overwrite` also a folder that holds plain files
    // only (so that a mistyped path never costs a tree of folders). Missing parents are made.
    OutputFolder(const std::filesystem::path& out, bool overwrite);
    ~OutputFolder();  // removes the partial folder unless published
    OutputFolder(OutputFolder&& other) noexcept;
    OutputFolder& operator=(OutputFolder&& other) noexcept;

    [[nodiscard]] const std::filesystem::path& working_path() const { return working_; }
    [[nodiscard]] const std::filesystem::path& target() const { return target_; }
    // Puts the folder in place; with `sync_files` after the disk has all its files.
    void publish(bool sync_files);

  private:
    std::filesystem::path target_;
    std::filesystem::path working_;
    bool overwrite_ = false;
    int lock_descriptor_ = -1;  // tells others that the partial folder is in use
};

}  // namespace tradewind::ledger
