/* inotify and signalfd: what they report, by read and by poll. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, int result) {
    int error = errno;
    printf("%s %d %s\n", what, result, result == -1 ? strerror(error) : "");
}

static void show(const char *when, int watch) {
    static const char *names[] = { "access", "modify", "attrib", "close_write", "close", "open", "moved_from",
        "moved_to", "create", "delete", "delete_self", "move_self" };
    char buffer[4096] __attribute__((aligned(8)));
    struct pollfd ready = { watch, POLLIN, 0 };
    printf("%s:", when);
    while (poll(&ready, 1, 0) == 1) {
        int length = read(watch, buffer, sizeof buffer);
        for (char *at = buffer; at < buffer + length;) {
            struct inotify_event *event = (struct inotify_event *)at;
            printf(" %d", event->wd);
            for (int bit = 0; bit < 12; bit++)
                if (event->mask & 1u << bit) printf(",%s", names[bit]);
            if (event->mask & IN_ISDIR) printf(",dir");
            if (event->mask & IN_IGNORED) printf(",ignored");
            if (event->cookie) printf(",cookie");
            if (event->len) printf("=%s", event->name);
            at += sizeof *event + event->len;
        }
    }
    printf("\n");
}

static void files(void) {
    char path[] = "/tmp/otori-watchXXXXXX";
    if (!mkdtemp(path) || chdir(path)) exit(1);
    int watch = inotify_init1(IN_NONBLOCK);
    say("add", inotify_add_watch(watch, ".", IN_ALL_EVENTS));
    say("add none", inotify_add_watch(watch, "none", IN_CREATE));
    int file = open("a", O_RDWR | O_CREAT, 0600);
    show("created", watch);
    write(file, "hello", 5);
    char byte;
    pread(file, &byte, 1, 0);
    ftruncate(file, 2);
    fchmod(file, 0644);
    show("changed", watch);
    close(file);
    close(open("a", O_RDONLY));
    show("closed", watch);
    int second = inotify_add_watch(watch, "a", IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
    say("second", second);
    rename("a", "b");
    show("moved", watch);
    link("b", "c");
    mkdir("d", 0700);
    rmdir("d");
    show("linked", watch);
    unlink("b");
    unlink("c");
    show("gone", watch);
    say("remove gone", inotify_rm_watch(watch, second));
    say("remove", inotify_rm_watch(watch, 1));
    show("removed", watch);
    say("read nothing", read(watch, path, sizeof path));
    chdir("/");
    rmdir(path);
}

static void signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, 0);
    int file = signalfd(-1, &set, SFD_NONBLOCK);
    struct signalfd_siginfo information;
    say("nothing", read(file, &information, sizeof information));
    union sigval value = { .sival_int = 77 };
    sigqueue(getpid(), SIGUSR1, value);
    struct pollfd ready = { file, POLLIN, 0 };
    say("poll", poll(&ready, 1, 0));
    say("read", read(file, &information, sizeof information));
    printf("user %d value %d self %d\n", information.ssi_signo == SIGUSR1, information.ssi_int,
           information.ssi_pid == (unsigned)getpid());
    int epoll = epoll_create1(0);
    struct epoll_event event = { EPOLLIN, { .fd = file } };
    epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
    pid_t child = fork();
    if (child == 0) { usleep(20000); _exit(9); }
    say("epoll", epoll_wait(epoll, &event, 1, 2000));
    say("read", read(file, &information, sizeof information));
    printf("child %d %d status %d\n", information.ssi_signo == SIGCHLD, information.ssi_pid == (unsigned)child,
           information.ssi_status);
    wait(0);
    say("small", read(file, &information, 10));
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    files();
    signals();
    return 0;
}
