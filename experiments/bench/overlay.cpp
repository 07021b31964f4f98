// The toy overlay of overlay.ts on std::priority_queue. Arguments: nodes, events before the stopwatch starts, events
// while it runs. Prints {"checksum", "seconds", "pending"}.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <queue>
#include <utility>
#include <vector>

namespace {

constexpr int kNeighbours = 8;
constexpr int64_t kChunkEvery = 100000;
constexpr int64_t kBeatEvery = 1000000;
constexpr uint32_t kDelayMin = 10000;
constexpr uint32_t kDelaySpan = 190000;

enum Kind : uint32_t { kPublish = 0, kChunk = 1, kTimer = 2, kBeat = 3 };

struct Event {
  int64_t at;
  uint64_t sequence;
  uint32_t word;  // Target and kind.
  int32_t argument;
};

struct Later {
  bool operator()(const Event& a, const Event& b) const {
    return a.at > b.at || (a.at == b.at && a.sequence > b.sequence);
  }
};

class Toy {
 public:
  explicit Toy(int nodes)
      : peers_(static_cast<size_t>(nodes) * kNeighbours),
        delays_(peers_.size()),
        newest_(nodes, -1),
        seen_(nodes, 0) {
    std::vector<int32_t> circle(nodes);
    for (int node = 0; node < nodes; node++) circle[node] = node;
    for (int pair = 0; pair < kNeighbours; pair += 2) {
      for (int index = nodes - 1; index > 0; index--) std::swap(circle[index], circle[Draw(index + 1)]);
      for (int index = 0; index < nodes; index++) {
        const int32_t node = circle[index];
        const int32_t next = circle[(index + 1) % nodes];
        peers_[static_cast<size_t>(node) * kNeighbours + pair] = next;
        peers_[static_cast<size_t>(next) * kNeighbours + pair + 1] = node;
      }
    }
    for (auto& delay : delays_) delay = static_cast<int32_t>(kDelayMin + Draw(kDelaySpan));
    std::vector<int32_t> phases(nodes);
    for (auto& phase : phases) phase = static_cast<int32_t>(Draw(static_cast<uint32_t>(kBeatEvery)));
    Push(0, kPublish, 0, 0);
    for (int node = 0; node < nodes; node++) Push(phases[node], kTimer, node, 0);
  }

  void Work(int64_t count) {
    for (; count > 0 && !queue_.empty(); count--) {
      const Event event = queue_.top();
      queue_.pop();
      const uint32_t kind = event.word & 3;
      const uint32_t node = event.word >> 2;
      Fold(event);
      if (kind == kBeat) continue;
      if (kind == kTimer) {
        Flood(event.at, node, kBeat, event.argument);
        Push(event.at + kBeatEvery, kTimer, node, event.argument + 1);
        continue;
      }
      if (kind == kPublish) Push(event.at + kChunkEvery, kPublish, node, event.argument + 1);
      if (FirstSight(node, event.argument)) Flood(event.at, node, kChunk, event.argument);
    }
  }

  uint32_t sum() const { return sum_; }
  size_t pending() const { return queue_.size(); }

 private:
  uint32_t Draw(uint32_t bound) {
    luck_ ^= luck_ << 13;
    luck_ ^= luck_ >> 17;
    luck_ ^= luck_ << 5;
    return luck_ % bound;
  }

  void Push(int64_t at, uint32_t kind, uint32_t target, int32_t argument) {
    queue_.push(Event{at, pushed_++, target << 2 | kind, argument});
  }

  void Flood(int64_t at, uint32_t from, uint32_t kind, int32_t argument) {
    const size_t first = static_cast<size_t>(from) * kNeighbours;
    for (size_t link = first; link < first + kNeighbours; link++) {
      Push(at + delays_[link], kind, static_cast<uint32_t>(peers_[link]), argument);
    }
  }

  bool FirstSight(uint32_t node, int32_t chunk) {
    const int32_t ahead = chunk - newest_[node];
    if (ahead > 0) {
      seen_[node] = ahead > 31 ? 1 : (seen_[node] << ahead) | 1;
      newest_[node] = chunk;
      return true;
    }
    if (ahead < -31) return false;
    const uint32_t bit = 1u << -ahead;
    if ((seen_[node] & bit) != 0) return false;
    seen_[node] |= bit;
    return true;
  }

  void Fold(const Event& event) {
    const uint32_t mixed = (sum_ ^ static_cast<uint32_t>(event.at)) * 0x9e3779b1u;
    sum_ = (mixed ^ (mixed >> 15) ^ event.word) * 0x85ebca6bu + static_cast<uint32_t>(event.argument);
  }

  std::vector<int32_t> peers_;
  std::vector<int32_t> delays_;
  std::vector<int32_t> newest_;
  std::vector<uint32_t> seen_;
  std::priority_queue<Event, std::vector<Event>, Later> queue_;
  uint64_t pushed_ = 0;
  uint32_t luck_ = 2463534242u;
  uint32_t sum_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  Toy toy(std::atoi(argv[1]));
  toy.Work(std::atoll(argv[2]));
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  toy.Work(std::atoll(argv[3]));
  const double busy = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  std::printf("{\"checksum\": %u, \"seconds\": %.6f, \"pending\": %zu}\n", toy.sum(), std::min(busy, elapsed.count()), toy.pending());
  return 0;
}
