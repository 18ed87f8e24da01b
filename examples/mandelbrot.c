/* The Mandelbrot set in characters: floating point and loops, for a first impression of the speed.
 *
 *   ./dev run examples/mandelbrot.wasm [COLUMNS [ITERATIONS]] */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  const int columns = argc > 1 ? atoi(argv[1]) : 80;
  const int most = argc > 2 ? atoi(argv[2]) : 1000;
  const char shades[] = " .:-=+*#%@";
  if (columns < 2 || most < 1) {
    fputs("usage: mandelbrot [COLUMNS [ITERATIONS]]\n", stderr);
    return 2;
  }
  const int rows = columns * 2 / 5;
  for (int row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) {
      const double re = -2.2 + 3.2 * column / (columns - 1);
      const double im = -1.28 + 2.56 * row / (rows > 1 ? rows - 1 : 1);
      double x = 0, y = 0;
      int n = 0;
      while (n < most && x * x + y * y < 4) {
        const double next = x * x - y * y + re;
        y = 2 * x * y + im;
        x = next;
        n++;
      }
      /* Inside is blank; outside is the darker the longer it took to get away. */
      putchar(n == most ? ' ' : shades[n < 9 ? n : 9]);
    }
    putchar('\n');
  }
  return 0;
}
