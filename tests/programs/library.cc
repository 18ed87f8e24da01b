// The C++ library at work: streams, containers, algorithms, strings, regular expressions, virtual
// functions.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

const char* const kText =
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, "
    "written on 1859-04-30 and sold for 2.50 or 3.75 by mail to reader@example.org and "
    "other.one@example.com.";

void words() {
  std::map<std::string, int> counts;
  std::istringstream in(kText);
  for (std::string word; in >> word;) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    ++counts[word];
  }
  std::vector<std::pair<int, std::string>> sorted;
  for (const auto& entry : counts) sorted.emplace_back(-entry.second, entry.first);
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < 8 && i < sorted.size(); i++) {
    std::cout << std::setw(12) << std::left << sorted[i].second << std::setw(4) << std::right
              << -sorted[i].first << "\n";
  }
}

void expressions() {
  const std::string text = kText;
  const std::regex date("(\\d{4})-(\\d{2})-(\\d{2})");
  std::smatch match;
  if (std::regex_search(text, match, date)) {
    std::cout << "date " << match[3] << "." << match[2] << "." << match[1] << " at "
              << match.position() << "\n";
  }
  const std::regex mail("[\\w.]+@[\\w.]+\\.(org|com)");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), mail); it != std::sregex_iterator();
       ++it) {
    std::cout << "mail " << it->str() << "\n";
  }
  std::cout << std::regex_replace(text.substr(0, 40), std::regex("[aeiou]"), "*") << "\n";
}

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
  virtual std::string name() const { return "shape"; }
};
struct Square : Shape {
  explicit Square(double s) : side(s) {}
  double area() const override { return side * side; }
  std::string name() const override { return "square"; }
  double side;
};
struct Circle : Shape {
  explicit Circle(double r) : radius(r) {}
  double area() const override { return 3.25 * radius * radius; }
  double radius;
};

void objects() {
  std::vector<std::unique_ptr<Shape>> shapes;
  for (int i = 1; i <= 5; i++) {
    if (i % 2 == 0) {
      shapes.push_back(std::make_unique<Square>(i));
    } else {
      shapes.push_back(std::make_unique<Circle>(i));
    }
  }
  std::sort(shapes.begin(), shapes.end(),
            [](const auto& a, const auto& b) { return a->area() > b->area(); });
  for (const auto& shape : shapes) std::cout << shape->name() << " " << shape->area() << "; ";
  std::cout << "\n";
  const std::shared_ptr<int> shared(new int(5), [](int* p) {
    std::cout << "deleted " << *p << "\n";
    delete p;
  });
  std::function<int(int)> twice = [shared](int x) { return x * 2 + *shared; };
  std::cout << twice(20) << " " << shared.use_count() << "\n";
}

void containers() {
  std::unordered_map<std::uint64_t, std::uint64_t> map;
  std::uint64_t state = 1;
  for (int i = 0; i < 100000; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    map[state >> 50] += state & 0xff;
  }
  std::uint64_t sum = 0;
  for (const auto& entry : map) sum ^= entry.first * entry.second;
  std::set<std::string> names;
  for (int i = 0; i < 2000; i++) names.insert("name " + std::to_string(i * 7919 % 2003));
  std::vector<double> values(1000);
  std::iota(values.begin(), values.end(), 0.5);
  std::partial_sum(values.begin(), values.end(), values.begin());
  std::cout << map.size() << " keys, " << sum << ", " << names.size() << " names from "
            << *names.begin() << " to " << *names.rbegin() << ", " << std::fixed
            << std::setprecision(3) << values.back() << std::defaultfloat << " " << std::hex
            << std::showbase << 48879 << std::dec << "\n";
}

}  // namespace

int main() {
  words();
  expressions();
  objects();
  containers();
  int number = 0;
  int total = 0;
  while (std::cin >> number) total += number;
  std::cout << "sum of the input: " << total << ", at its end: " << std::boolalpha << std::cin.eof()
            << std::endl;
  return 0;
}
