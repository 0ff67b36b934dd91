// An exclusive lock on a file, held until destruction or the end of the process, however it ends.
//
// Used for state folders and, with a machine-wide folder, for broker accounts. Error locked (exit
// code 42) when another process or another object of this one holds it. Movable, one owner.
#pragma once

#include <filesystem>
#include <string>

namespace tradewind::ledger {

class ExclusiveLock {
  public:
    // Creates FILE if needed and locks it. `what` names the protected thing in the error.
    ExclusiveLock(const std::filesystem::path& file, const std::string& what);
    ~ExclusiveLock();
    ExclusiveLock(ExclusiveLock&& other) noexcept;
    ExclusiveLock& operator=(ExclusiveLock&& other) noexcept;

    void release();

  private:
    int descriptor_ = -1;
};

// The lock of a state folder (FOLDER/ledger.lock); the folder is created if it is absent.
[[nodiscard]] ExclusiveLock lock_state_folder(const std::filesystem::path& folder);

}  // namespace tradewind::ledger
