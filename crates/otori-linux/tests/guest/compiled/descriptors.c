/* Descriptors through UNIX sockets, credentials, abstract names, datagram and seqpacket pairs, socket timeouts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, int result) {
    int error = errno;
    printf("%s %d %s\n", what, result, result == -1 ? strerror(error) : "");
}

static int pass(int socket, const char *text, int first, int second) {
    char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
    struct iovec part = { (void *)text, strlen(text) };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control };
    int count = second < 0 ? 1 : 2, numbers[2] = { first, second };
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(head), numbers, count * sizeof(int));
    return sendmsg(socket, &message, 0);
}

static int take(int socket, int room, int *numbers, int *count, int *cut) {
    char text[64], control[256];
    struct iovec part = { text, sizeof text - 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room };
    int length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    *count = 0;
    *cut = !!(message.msg_flags & MSG_CTRUNC);
    if (length < 0) return length;
    text[length] = 0;
    printf("text %s", text);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_type == SCM_RIGHTS) {
        *count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(numbers, CMSG_DATA(head), *count * sizeof(int));
    }
    printf(" files %d cut %d\n", *count, *cut);
    return length;
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    int pair[2], pipes[2], numbers[8], count, cut;
    char buffer[32] = "";
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (fork() == 0) {
        pipe(pipes);
        write(pipes[1], "through the pipe", 16);
        say("sent", pass(pair[1], "hello", pipes[0], pipes[1]));
        _exit(0);
    }
    wait(0);
    take(pair[0], 256, numbers, &count, &cut);
    say("read", read(numbers[0], buffer, sizeof buffer));
    printf("%s cloexec %d\n", buffer, fcntl(numbers[0], F_GETFD));
    pipe(pipes);
    write(pair[1], "plain ", 6);
    pass(pair[1], "one", pipes[0], -1);
    pass(pair[1], "two", pipes[0], pipes[1]);
    take(pair[0], 256, numbers, &count, &cut);
    take(pair[0], CMSG_LEN(sizeof(int)), numbers, &count, &cut);
    pass(pair[1], "dropped", pipes[1], -1);
    close(pipes[1]);
    say("recv", recv(pair[0], buffer, sizeof buffer, 0));
    say("pipe ends", read(pipes[0], buffer, sizeof buffer));
    say("bad descriptor", pass(pair[1], "x", 99, -1));
    struct ucred peer;
    socklen_t length = sizeof peer;
    getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &length);
    printf("peer is me %d\n", peer.pid == getpid() && peer.uid == getuid());
    struct timeval soon = { 0, 20000 };
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    soon = (struct timeval){ 9, 9 };
    length = sizeof soon;
    getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &soon, &length);
    printf("timeout %d.%06d of %d\n", (int)soon.tv_sec, (int)soon.tv_usec, (int)length == sizeof soon);
    say("times out", recv(pair[0], buffer, 1, 0));

    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0otori-test" };
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + 11;
    int server = socket(AF_UNIX, SOCK_SEQPACKET, 0), client = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    say("bind", bind(server, (void *)&name, size));
    listen(server, 1);
    say("bind again", bind(client, (void *)&name, size));
    say("connect", connect(client, (void *)&name, size));
    int accepted = accept(server, 0, 0);
    send(client, "first", 5, 0);
    send(client, "second", 6, 0);
    say("packet", recv(accepted, buffer, sizeof buffer, 0));
    say("cut packet", recv(accepted, buffer, 3, 0));
    close(client);
    say("end", recv(accepted, buffer, sizeof buffer, 0));
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    pass(pair[0], "datagram", pipes[0], -1);
    take(pair[1], 256, numbers, &count, &cut);
    say("stream on datagram", connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, size));

    /* sent to a connection that nobody accepted, and never will; then the one who could is on its way to it */
    for (int ring = 0; ring < 2; ring++) {
        int door = socket(AF_UNIX, SOCK_STREAM, 0), knocks = socket(AF_UNIX, SOCK_STREAM, 0);
        name.sun_path[1] = 'a' + ring;
        bind(door, (void *)&name, size);
        listen(door, 1);
        say("knocks", connect(knocks, (void *)&name, size));
        pipe(pipes);
        pass(knocks, "x", pipes[1], ring ? door : -1);
        close(pipes[1]);
        close(door);
        close(socket(AF_UNIX, SOCK_STREAM, 0));
        struct pollfd end = { pipes[0], POLLIN, 0 };
        say("let go", poll(&end, 1, 1000));
    }

    struct rlimit more = { 1100, 4096 };
    say("more descriptors", setrlimit(RLIMIT_NOFILE, &more));
    int highest = -1, next;
    while ((next = dup(0)) >= 0) highest = next;
    say("then", next);
    say("highest", highest);
    return 0;
}
