#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char** argv) {
  char* text = malloc(64);
  strcpy(text, "hello");
  for (int i = 1; i < argc; ++i) strncat(text, argv[i], 10);
  puts(text);
  free(text);
  return argc;
}
