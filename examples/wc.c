/* Counts lines, words and bytes, like the command of that name: standard input, or the files it is
 * given.
 *
 *   ./dev run examples/wc.wasm < README.md
 *   build/release/weft --dir . examples/wc.wasm README.md LICENSE
 *
 * It sees only the folders that --dir hands to it. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int count(FILE* in, const char* name) {
  unsigned long lines = 0, words = 0, bytes = 0;
  int inside = 0;
  for (int c; (c = getc(in)) != EOF;) {
    bytes++;
    lines += c == '\n';
    words += !isspace(c) && !inside;
    inside = !isspace(c);
  }
  if (ferror(in)) return 1;
  printf("%7lu %7lu %7lu %s\n", lines, words, bytes, name);
  return 0;
}

int main(int argc, char** argv) {
  int status = 0;
  if (argc < 2) return count(stdin, "");
  for (int i = 1; i < argc; i++) {
    FILE* in = fopen(argv[i], "rb");
    if (in == NULL || count(in, argv[i]) != 0) {
      fprintf(stderr, "wc: %s: %s\n", argv[i], strerror(errno));
      status = 1;
    }
    if (in != NULL) fclose(in);
  }
  return status;
}
