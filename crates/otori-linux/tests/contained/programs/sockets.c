// contained: memory_mib=200 instructions=4000000000 descriptors=4000
#include "contained.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
static char bytes[65536];
int main() {
    long count;
    int pair[2], size;
    socklen_t length = sizeof size;
    struct rlimit files = { 4000, 4000 };
    setrlimit(RLIMIT_NOFILE, &files);
    pipe2(pair, O_NONBLOCK);
    said("a pipe of 1 GiB", fcntl(pair[1], F_SETPIPE_SZ, 1 << 30));
    long held = 0, wrote;
    while ((wrote = write(pair[1], bytes, sizeof bytes)) > 0) held += wrote;
    printf("a pipe holds %s, then %s\n", held <= 1 << 20 ? "at most 1 MiB" : "much", name(errno));
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    size = 1 << 30;
    said("a buffer of 1 GiB", setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
    getsockopt(udp, SOL_SOCKET, SO_RCVBUF, &size, &length);
    printf("it got %s\n", size <= 1 << 20 ? "at most 1 MiB" : "much");
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(9000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    bind(udp, (void *)&here, sizeof here);
    int sender = socket(AF_INET, SOCK_DGRAM, 0);
    for (count = 0; count < 100000; count++)
        if (sendto(sender, "x", 1, MSG_DONTWAIT, (void *)&here, sizeof here) < 0) break;
    printf("small datagrams: %s\n", count == 100000 ? "dropped" : name(errno));
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    for (count = 0; count < 100000; count++)
        if (send(pair[0], "", 0, MSG_DONTWAIT) < 0) break;
    printf("empty datagrams: %s, then %s\n", count < 100000 ? "bounded" : "endless", name(errno));
    // connections that nobody accepts
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (void *)&here, sizeof here);
    listen(listener, 1 << 30);
    for (count = 0; count < 3000; count++) {
        int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (client < 0) break;
        if (connect(client, (void *)&here, sizeof here) < 0 && errno != EINPROGRESS) { close(client); break; }
        while (write(client, bytes, sizeof bytes) > 0) {}
    }
    printf("connections: %s\n", count >= 100 && count < 3000 ? "bounded" : "odd");
    UNTIL_ERROR(count, 5000, socket(AF_UNIX, SOCK_STREAM, 0));
    printf("sockets: %s, then %s\n", count < 1100 ? "at most 1,024" : "odd", name(errno));
    close(listener);
    UNTIL_ERROR(count, 5000, pipe(pair));
    printf("pipes: %s, then %s\n", count <= 1024 ? "at most 1,024" : "odd", name(errno));
}
