/* Answers as many connections as its second argument says, on the listening socket that its first
   is the number of: sends back what it gets, in capitals. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  const int listener = atoi(argv[1]);
  for (int i = 0; i < atoi(argv[2]); i++) {
    const int connection = accept(listener, NULL, NULL);
    if (connection < 0) return perror("accept"), 1;
    char text[100];
    ssize_t size;
    while ((size = recv(connection, text, sizeof text, 0)) > 0) {
      for (ssize_t j = 0; j < size; j++) text[j] = (char)toupper(text[j]);
      if (send(connection, text, (size_t)size, 0) != size) return perror("send"), 1;
    }
    if (size < 0) return perror("recv"), 1;
    if (shutdown(connection, SHUT_WR) != 0) return perror("shutdown"), 1;
    close(connection);
  }
  puts("served");
  return 0;
}
