// The interpreter behind the API. Until the adapter exists, engines of it can't be made.
#include "weft/backend.hpp"

namespace weft::backends {

namespace {

class Interpreter final : public backend::Backend {
 public:
  std::string_view name() const noexcept override { return "interp"; }
  Result<std::unique_ptr<backend::Engine>> make_engine(
      const Config& /*config*/) const noexcept override {
    return fail(Errc::unsupported, "the interpreter isn't connected to the API yet");
  }
};

}  // namespace

std::shared_ptr<const backend::Backend> interpreter() {
  static const auto kBackend = std::make_shared<const Interpreter>();
  return kBackend;
}

}  // namespace weft::backends
