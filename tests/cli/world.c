/* Prints what a program sees of the world: arguments, environment, standard input. */
#include <stdio.h>
#include <stdlib.h>

extern char** environ;

int main(int argc, char** argv) {
  for (int i = 0; i < argc; i++) printf("arg %s\n", argv[i]);
  for (char** variable = environ; *variable != NULL; variable++) printf("env %s\n", *variable);
  char line[100];
  while (fgets(line, sizeof line, stdin) != NULL) printf("in %s", line);
  fputs("that is all\n", stderr);
  return 7;
}
