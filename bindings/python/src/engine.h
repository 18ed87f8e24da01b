// Engine, and the epochs by which stores are stopped.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "bindings/python/src/support.h"

namespace weft::python {

class Store;

/// What a program sets before it makes an Engine.
struct Settings {
  weft::Config config{};
  bool epoch_interruption = false;
};

class Config final : public Owner<Settings> {
 public:
  Config();
};

/// An engine's epoch, and the stores that look at it. All of it is used with the GIL held.
class Epoch {
 public:
  [[nodiscard]] std::uint64_t now() const { return now_; }
  /// Begins the next epoch: stops the guests of the stores whose deadline it is.
  void increment();
  void add(Store& store) { stores_.push_back(&store); }
  void remove(Store& store) { std::erase(stores_, &store); }

 private:
  std::uint64_t now_ = 0;
  std::vector<Store*> stores_;
};

class Engine final : public Owner<weft::Engine> {
 public:
  explicit Engine(Config* config)
      : Engine(config != nullptr ? config->consume() : Config().get()) {}

  /// Null unless its Config had epoch_interruption.
  [[nodiscard]] const std::shared_ptr<Epoch>& epoch() const { return epoch_; }
  void increment_epoch();

 private:
  explicit Engine(Settings settings);

  std::shared_ptr<Epoch> epoch_;
};

}  // namespace weft::python
