/* Edge-triggered epoll after reading to the end, what is left of a sleep that a handler ended, full counters. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static void on_alarm(int number) { (void)number; }
static int wait_for(int watch) {
    struct epoll_event event;
    return epoll_wait(watch, &event, 1, 0) == 1 ? (int)event.events : 0;
}
static int drain(int file) {
    char buffer[4096];
    int count = 0;
    for (ssize_t got; (got = read(file, buffer, sizeof buffer)) > 0;) count += (int)got;
    return count;
}
static void edges(const char *what, int reader, int writer) {
    int watch = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = reader };
    fcntl(reader, F_SETFL, O_NONBLOCK);
    fcntl(writer, F_SETFL, O_NONBLOCK);
    epoll_ctl(watch, EPOLL_CTL_ADD, reader, &event);
    printf("%s first %d", what, wait_for(watch) & EPOLLIN);
    if (write(writer, "one", 3) != 3) return;
    printf(" in %d", wait_for(watch) & EPOLLIN);
    printf(" again %d", wait_for(watch));
    printf(" read %d", drain(reader));
    if (write(writer, "two", 3) != 3) return;
    // it came between the read and this wait
    printf(" in %d", wait_for(watch) & EPOLLIN);
    printf(" read %d", drain(reader));
    printf(" nothing %d\n", wait_for(watch) & EPOLLIN);
    close(watch);
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    int ends[2], pair[2];
    if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return 1;
    edges("pipe", ends[0], ends[1]);
    edges("socket", pair[0], pair[1]);
    int watch = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
    epoll_ctl(watch, EPOLL_CTL_ADD, ends[1], &event);
    printf("out %d", wait_for(watch));
    static char bytes[1 << 17];
    printf(" filled %d", write(ends[1], bytes, sizeof bytes) > 0);
    printf(" refused %d", write(ends[1], bytes, 1) == -1 && errno == EAGAIN);
    printf(" out %d", wait_for(watch));
    drain(ends[0]);
    printf(" out %d\n", wait_for(watch));

    signal(SIGALRM, on_alarm);
    struct itimerval soon = { { 0, 0 }, { 0, 20000 } };
    struct timespec length = { 100, 0 }, left = { 0, 0 };
    setitimer(ITIMER_REAL, &soon, 0);
    int slept = nanosleep(&length, &left);
    printf("slept %d left %d\n", slept, left.tv_sec == 99 || left.tv_sec == 100);
    setitimer(ITIMER_REAL, &soon, 0);
    left.tv_sec = 0;
    slept = clock_nanosleep(CLOCK_MONOTONIC, 0, &length, &left);
    printf("slept %d left %d\n", slept == EINTR, left.tv_sec == 99 || left.tv_sec == 100);
    setitimer(ITIMER_REAL, &soon, 0);
    printf("sleep %d\n", sleep(100) >= 99);

    int counter = eventfd(0, EFD_NONBLOCK);
    uint64_t most = UINT64_MAX - 1;
    struct pollfd ready = { counter, POLLIN | POLLOUT, 0 };
    poll(&ready, 1, 0);
    printf("counter %d", ready.revents);
    printf(" wrote %d", (int)write(counter, &most, 8));
    poll(&ready, 1, 0);
    printf(" full %d\n", ready.revents);
    struct itimerspec time = { { 0, 0 }, { 1, 0 } };
    printf("flags %d\n", timerfd_settime(timerfd_create(CLOCK_MONOTONIC, 0), 8, &time, 0));
    return 0;
}
