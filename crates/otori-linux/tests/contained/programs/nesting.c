// contained: memory_mib=48 instructions=6000000000
#include "contained.h"
#include <sys/epoll.h>
static void write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    write(file, text, strlen(text));
    close(file);
}
int main() {
    long count;
    char path[64], text[64];
    struct epoll_event event = { .events = EPOLLIN };
    chdir("/tmp");
    // epoll in epoll
    int inner = epoll_create1(0), first = inner;
    for (count = 0; count < 100; count++) {
        int outer = epoll_create1(0);
        if (epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event) < 0) break;
        inner = outer;
    }
    ended("epoll in epoll", count, errno);
    said("a ring", epoll_ctl(first, EPOLL_CTL_ADD, inner, &event));
    // three layers of a hundred that all watch one another
    int layer[3][100];
    for (int i = 0; i < 3; i++) for (int j = 0; j < 100; j++) layer[i][j] = epoll_create1(0);
    for (int i = 0; i < 2; i++) for (int j = 0; j < 100; j++) for (int k = 0; k < 100; k++)
        epoll_ctl(layer[i][j], EPOLL_CTL_ADD, layer[i + 1][k], &event);
    for (int i = 0; i < 10; i++) epoll_wait(layer[0][i], &event, 1, 0);
    printf("layers: done\n");
    // scripts that name one another
    for (int i = 0; i < 10; i++) {
        snprintf(path, sizeof path, "s%d", i);
        snprintf(text, sizeof text, i ? "#!/tmp/s%d\n" : "#!/tmp/s0\n", i - 1);
        write_file(path, text);
    }
    said("a script that is its own interpreter", execl("s0", "s0", (char *)0));
    said("ten scripts", execl("s9", "s9", (char *)0));
    // symbolic links
    symlink("ring", "ring");
    said("a link to itself", open("ring", O_RDONLY));
    write_file("l0", "");
    for (int i = 1; i < 60; i++) {
        snprintf(path, sizeof path, "l%d", i);
        snprintf(text, sizeof text, "l%d", i - 1);
        symlink(text, path);
    }
    said("forty links", open("l40", O_RDONLY));
    said("forty-one links", open("l41", O_RDONLY));
    // folders
    mkdir("deep", 0755);
    chdir("deep");
    for (count = 0; count < 3000; count++)
        if (mkdir("d", 0755) < 0 || chdir("d") < 0) break;
    ended("folders in folders", count, count < 3000 ? errno : 0);
    char *there = malloc(1 << 20);
    said("getcwd", syscall(SYS_getcwd, there, 1 << 20));
    for (int i = 0; i < 2040; i++) strcpy(there + 2 * i, "./");
    said("a path of 2,040 points", open(there, O_RDONLY));
    memset(there, 'a', 5000);
    there[5000] = 0;
    said("a path of 5,000 letters", open(there, O_RDONLY));
    chdir("/tmp");
    // descriptors in sockets in sockets
    int pair[2], before[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, before);
    for (count = 0; count < 2000; count++) {
        char control[CMSG_SPACE(2 * sizeof(int))] = {0};
        struct iovec one = { "x", 1 };
        struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) break;
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(2 * sizeof(int));
        memcpy(CMSG_DATA(header), before, sizeof before);
        if (sendmsg(pair[0], &message, 0) < 0) break;
        close(before[0]);
        close(before[1]);
        before[0] = pair[0];
        before[1] = pair[1];
    }
    ended("sockets in sockets", count, errno);
    close(before[0]);
    close(before[1]);
    close(pair[0]);
    close(pair[1]);
    said("afterwards", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}
