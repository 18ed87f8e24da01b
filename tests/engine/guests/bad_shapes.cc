// Virtual calls, a growing vector, sorting, static initialisation.
#include <algorithm>
#include <memory>
#include <vector>

struct Shape {
  virtual ~Shape() = default;
  virtual int area() const = 0;
};
struct Square : Shape {
  int side;
  explicit Square(int s) : side(s) {}
  int area() const override { return side * side; }
};
struct Strip : Shape {
  int length;
  explicit Strip(int l) : length(l) {}
  int area() const override { return length; }
};

static std::vector<std::unique_ptr<Shape>> shapes;

extern "C" __attribute__((export_name("add"))) int add(int kind, int size) {
  if (kind & 1) {
    shapes.push_back(std::make_unique<Square>(size));
  } else {
    shapes.push_back(std::make_unique<Strip>(size));
  }
  return static_cast<int>(shapes.size());
}
extern "C" __attribute__((export_name("median"))) int median() {
  if (shapes.empty()) return -1;
  std::sort(shapes.begin(), shapes.end(),
            [](const auto& a, const auto& b) { return a->area() < b->area(); });
  return shapes[shapes.size() / 2]->area();
}
