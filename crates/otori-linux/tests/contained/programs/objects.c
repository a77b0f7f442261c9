// contained: memory_mib=48 instructions=3000000000
#include "contained.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/timerfd.h>
#include <time.h>
static void forget(int from) { for (int number = from; number < 1100; number++) close(number); }
int main() {
    long count;
    char path[64];
    timer_t timer;
    struct sigevent event = { .sigev_notify = SIGEV_NONE };
    UNTIL_ERROR(count, 100000, timer_create(CLOCK_MONOTONIC, &event, &timer));
    ended("timers", count, errno);
    struct itimerspec soon = { { 0, 1 }, { 0, 1 } };
    said("a timer of a nanosecond", timer_settime(timer, 0, &soon, 0));
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    UNTIL_ERROR(count, 100000, sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ 0 }));
    ended("queued signals", count, errno);
    UNTIL_ERROR(count, 100000, kill(getpid(), SIGUSR1));
    ended("plain signals", count, errno);
    UNTIL_ERROR(count, 100000, eventfd(0, 0));
    ended("eventfd", count, errno);
    forget(3);
    UNTIL_ERROR(count, 100000, timerfd_create(CLOCK_MONOTONIC, 0));
    ended("timerfd", count, errno);
    forget(3);
    UNTIL_ERROR(count, 100000, inotify_init());
    ended("inotify", count, errno);
    forget(3);
    int watcher = inotify_init1(IN_NONBLOCK);
    for (count = 0; count < 20000; count++) {
        snprintf(path, sizeof path, "/tmp/w%ld", count);
        if (mkdir(path, 0755) < 0) break;
        if (inotify_add_watch(watcher, path, IN_ALL_EVENTS) < 0) break;
    }
    printf("watches: %s, then %s\n", count < 16384 ? "bounded" : "endless", name(errno));
    for (count = 0; count < 20000; count++) close(open("/tmp/w0", O_RDONLY));
    char events[4096];
    long read_events = 0, got;
    while ((got = read(watcher, events, sizeof events)) > 0) read_events += got;
    printf("events that wait: %s\n", read_events < 1 << 20 ? "bounded" : "endless");
    forget(3);
    UNTIL_ERROR(count, 100000, shmget(IPC_PRIVATE, 4096, 0600 | IPC_CREAT));
    ended("shared segments", count, errno);
    said("a segment of 1 TB", shmget(7, 1l << 40, 0600 | IPC_CREAT));
    UNTIL_ERROR(count, 100000, semget(IPC_PRIVATE, 1, 0600 | IPC_CREAT));
    ended("semaphores", count, errno);
    UNTIL_ERROR(count, 100000, msgget(IPC_PRIVATE, 0600 | IPC_CREAT));
    ended("message queues", count, errno);
    struct { long type; char text[8]; } message = { 1, "x" };
    int queue = msgget(7, 0);
    for (int id = 0; id < 200000 && queue < 0; id += 1) {
        if (msgsnd(id, &message, 0, IPC_NOWAIT) == 0) queue = id;
    }
    UNTIL_ERROR(count, 1000000, msgsnd(queue, &message, 0, IPC_NOWAIT));
    printf("empty messages: %s, then %s\n", count < 100000 ? "bounded" : "endless", name(errno));
    UNTIL_ERROR(count, 100000, open("/dev/ptmx", O_RDWR | O_NOCTTY));
    ended("pseudo terminals", count, errno);
    forget(3);
    UNTIL_ERROR(count, 100000, dup(0));
    ended("descriptors", count, errno);
    forget(3);
    int locked = open("/tmp/l", O_RDWR | O_CREAT, 0644);
    for (count = 0; count < 100000; count++) {
        struct flock lock = { .l_type = F_WRLCK, .l_start = count * 2, .l_len = 1 };
        if (fcntl(locked, F_SETLK, &lock) < 0) break;
    }
    ended("locks", count, errno);
    said("traced", ptrace(PTRACE_TRACEME, 0, 0, 0));
    said("traced again", ptrace(PTRACE_TRACEME, 0, 0, 0));
    for (count = 0; count < 1000; count++) ptrace(count % 30, getpid(), (void *)count, (void *)count);
    printf("ptrace: done\n");
}
