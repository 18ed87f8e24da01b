// C++ exceptions in all the ways in which code uses them; what happens in which order is printed.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Noisy {
  explicit Noisy(std::string text) : name(std::move(text)) { std::printf("+%s ", name.c_str()); }
  Noisy(const Noisy& other) : name(other.name + "'") { std::printf("+%s ", name.c_str()); }
  ~Noisy() { std::printf("-%s%s ", name.c_str(), std::uncaught_exceptions() > 0 ? "!" : ""); }
  std::string name;
};

struct Shape {
  virtual ~Shape() = default;
  virtual const char* name() const { return "shape"; }
};
struct Named {
  virtual ~Named() = default;
  int number = 7;
};
struct Circle : Named, Shape {
  const char* name() const override { return "circle"; }
};

// Throws from `depth` frames down, each with something to destroy.
[[gnu::noinline]] int dive(int depth, int what) {
  Noisy noisy("d" + std::to_string(depth));
  if (depth > 0) return dive(depth - 1, what) + 1;
  switch (what) {
    case 0:
      throw 42;
    case 1:
      throw std::runtime_error("a runtime error");
    case 2:
      throw Noisy("object");
    case 3:
      throw Circle();
    case 4:
      throw "a string";
    case 5:
      throw std::vector<int>{1, 2, 3};
    default:
      return what;
  }
}

void catching(int what) {
  std::printf("%d: ", what);
  try {
    Noisy noisy("c");
    std::printf("result %d ", dive(3, what));
  } catch (int number) {
    std::printf("int %d", number);
  } catch (const std::exception& error) {
    std::printf("exception %s", error.what());
  } catch (const Noisy& object) {
    std::printf("noisy %s", object.name.c_str());
  } catch (const Shape& shape) {
    std::printf("shape %s", shape.name());
  } catch (const char* text) {
    std::printf("text %s", text);
  } catch (...) {
    std::printf("something");
  }
  std::printf("\n");
}

// Handlers within handlers, and exceptions that replace others.
void nesting() {
  try {
    try {
      throw std::out_of_range("inner");
    } catch (const std::logic_error& error) {
      std::printf("first %s ", error.what());
      try {
        throw 1.5;
      } catch (double number) {
        std::printf("second %.1f ", number);
      }
      throw;
    }
  } catch (const std::out_of_range& error) {
    std::printf("again %s ", error.what());
  }
  try {
    try {
      throw Noisy("one");
    } catch (Noisy& noisy) {
      noisy.name = "changed";
      Noisy local("local");
      throw Noisy("two");
    }
  } catch (const Noisy& noisy) {
    std::printf("came %s ", noisy.name.c_str());
  }
  std::printf("\n");
}

// By value, by pointer to a base, and not at all at first.
void kinds() {
  try {
    try {
      throw static_cast<const Circle*>(nullptr);
    } catch (int) {
      std::printf("wrong ");
    }
  } catch (const Shape* shape) {
    std::printf("pointer %d ", shape == nullptr);
  }
  try {
    throw Noisy("value");
  } catch (Noisy copy) {
    std::printf("copy %s ", copy.name.c_str());
  }
  try {
    static_cast<void>(std::vector<int>(3).at(5));
  } catch (const std::out_of_range&) {
    std::printf("at ");
  }
  std::printf("\n");
}

struct Parts {
  Noisy first{"first"};
  Noisy second;
  std::unique_ptr<Noisy> third;
  explicit Parts(bool bad) : second("second"), third(std::make_unique<Noisy>("third")) {
    if (bad) throw std::runtime_error("half made");
  }
};

void constructors() {
  for (const bool bad : {false, true}) {
    try {
      const Parts parts(bad);
      std::printf("made ");
    } catch (const std::exception& error) {
      std::printf("%s ", error.what());
    }
  }
  std::printf("\n");
}

void function_try(int what) try { dive(1, what); } catch (...) {
  std::printf("whole body\n");
}

// A recursive descent parser that gives up by throwing.
struct Parser {
  const char* at;
  int sum() {
    int value = product();
    while (*at == '+' || *at == '-') value = *at++ == '+' ? value + product() : value - product();
    return value;
  }
  int product() {
    int value = factor();
    while (*at == '*' || *at == '/') {
      if (*at++ == '*') {
        value *= factor();
      } else {
        const int divisor = factor();
        if (divisor == 0) throw std::domain_error("division by zero");
        value /= divisor;
      }
    }
    return value;
  }
  int factor() {
    if (*at == '(') {
      at++;
      const int value = sum();
      if (*at++ != ')') throw std::invalid_argument("no )");
      return value;
    }
    if (*at < '0' || *at > '9')
      throw std::invalid_argument("no number at \"" + std::string(at) + "\"");
    int value = 0;
    while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
    return value;
  }
};

void calculate(const char* text) {
  try {
    Parser parser{text};
    const int value = parser.sum();
    if (*parser.at != 0) throw std::invalid_argument("left over");
    std::printf("%s = %d\n", text, value);
  } catch (const std::logic_error& error) {
    std::printf("%s: %s\n", text, error.what());
  }
}

[[gnu::noinline]] int maybe(unsigned i) {
  if (i % 3 == 0) throw i;
  return static_cast<int>(i);
}

}  // namespace

int main() {
  for (int what = 0; what <= 6; what++) catching(what);
  nesting();
  kinds();
  constructors();
  function_try(0);
  for (const char* text : {"1+2*3", "(1+2)*3", "8/(4-2*2)", "2*(3+4", "2*", "1+2)"})
    calculate(text);

  unsigned caught = 0;
  unsigned sum = 0;
  for (unsigned i = 0; i < 100'000; i++) {
    try {
      sum += static_cast<unsigned>(maybe(i));
    } catch (unsigned value) {
      caught++;
      sum ^= value;
    }
  }
  std::printf("%u caught, %u\n", caught, sum);
  return 3;
}
