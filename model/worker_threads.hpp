// Threads that share out independent tasks: how a forecaster uses several cores without letting
// their number touch a result. Owned and called by one thread, which works along; a task must not
// throw. Waiting threads cost nothing.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tradewind::model {

class WorkerThreads {
  public:
    // `count` workers, the calling thread among them; 0: one per core, at most eight.
    explicit WorkerThreads(unsigned count);
    WorkerThreads(const WorkerThreads&) = delete;
    WorkerThreads& operator=(const WorkerThreads&) = delete;
    ~WorkerThreads();

    [[nodiscard]] std::size_t count() const { return threads_.size() + 1; }

    // Runs task(0) ... task(tasks - 1), each once, in any order; returns when all are done.
    void run(std::size_t tasks, const std::function<void(std::size_t)>& task);
    // Runs task once on each worker.
    void on_every_worker(const std::function<void()>& task);

  private:
    void work();
    void take_tasks(std::unique_lock<std::mutex>& lock);

    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable done_;
    const std::function<void(std::size_t)>* task_ = nullptr;
    std::size_t next_ = 0;
    std::size_t tasks_ = 0;
    std::size_t running_ = 0;
    bool one_each_ = false;  // a worker takes one task of this round and leaves the rest
    std::uint64_t round_ = 0;
    bool stop_ = false;
};

}  // namespace tradewind::model
