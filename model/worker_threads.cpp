#include "model/worker_threads.hpp"

#include <algorithm>

namespace tradewind::model {

namespace {
constexpr unsigned kMostByDefault = 8;
constexpr unsigned kMost = 256;
}  // namespace

WorkerThreads::WorkerThreads(unsigned count) {
    if (count == 0) count = std::min(std::thread::hardware_concurrency(), kMostByDefault);
    const unsigned others = std::clamp(count, 1U, kMost) - 1;
    for (unsigned i = 0; i < others; ++i) threads_.emplace_back([this] { work(); });
}

WorkerThreads::~WorkerThreads() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void WorkerThreads::work() {
    std::unique_lock lock(mutex_);
    std::uint64_t seen = 0;
    for (;;) {
        wake_.wait(lock, [&] { return stop_ || (round_ != seen && next_ < tasks_); });
        if (stop_) return;
        seen = round_;
        take_tasks(lock);
    }
}

void WorkerThreads::take_tasks(std::unique_lock<std::mutex>& lock) {
    while (next_ < tasks_) {
        const std::size_t mine = next_++;
        const auto& task = *task_;
        ++running_;
        lock.unlock();
        task(mine);
        lock.lock();
        --running_;
        if (one_each_) break;
    }
    if (next_ >= tasks_ && running_ == 0) done_.notify_all();
}

void WorkerThreads::run(std::size_t tasks, const std::function<void(std::size_t)>& task) {
    if (tasks == 0) return;
    std::unique_lock lock(mutex_);
    task_ = &task;
    next_ = 0;
    tasks_ = tasks;
    ++round_;
    const std::size_t helpers = std::min(tasks - 1, threads_.size());
    for (std::size_t i = 0; i < helpers; ++i) wake_.notify_one();
    take_tasks(lock);
    done_.wait(lock, [this] { return next_ >= tasks_ && running_ == 0; });
    task_ = nullptr;
}

void WorkerThreads::on_every_worker(const std::function<void()>& task) {
    const std::function<void(std::size_t)> each = [&task](std::size_t) { task(); };
    std::unique_lock lock(mutex_);
    task_ = &each;
    next_ = 0;
    tasks_ = count();
    one_each_ = true;
    ++round_;
    wake_.notify_all();
    take_tasks(lock);
    done_.wait(lock, [this] { return next_ >= tasks_ && running_ == 0; });
    one_each_ = false;
    task_ = nullptr;
}

}  // namespace tradewind::model
