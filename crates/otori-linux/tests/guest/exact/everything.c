/* Everything that could go another way the second time: threads, forks, pipes, sockets, terminals, timers, signals,
 * futexes, random numbers and time, all at once and for a while. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, CHILDREN = 4, ROUNDS = 40 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static unsigned shared, order;
static volatile unsigned alarms, ticks;

static unsigned mix(unsigned value, unsigned with) { return (value ^ with) * 2654435761u + (value >> 7); }
static unsigned now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (unsigned)time.tv_nsec ^ (unsigned)time.tv_sec;
}
static unsigned chance(void) {
    unsigned value = 0;
    if (getrandom(&value, sizeof value, 0) != sizeof value) abort();
    return value;
}
static void on_alarm(int number) { alarms++; (void)number; }
static void on_tick(int number) { ticks++; (void)number; }
static unsigned work(unsigned amount) {
    volatile unsigned value = amount;
    for (unsigned round = 0; round < amount; round++) value = mix(value, round);
    return value;
}

static void *thread(void *argument) {
    unsigned self = (unsigned)(size_t)argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        work(200 + chance() % 3000);
        pthread_mutex_lock(&lock);
        shared = mix(shared, self + now());
        order = mix(order, self);
        if (chance() % 4 == 0) pthread_cond_broadcast(&turn);
        if (chance() % 8 == 0) {
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += 3000000;
            if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
            pthread_cond_timedwait(&turn, &lock, &until);
        }
        pthread_mutex_unlock(&lock);
    }
    return 0;
}

static void child(unsigned self, int from, int to, int socket) {
    unsigned value = 0, got;
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (read(from, &got, sizeof got) != sizeof got) break;
        value = mix(value, got + work(100 + got % 5000));
        if (round % 5 == self) kill(getppid(), SIGUSR1);
        if (round % 7 == 0) usleep(value % 5000);
        unsigned both[2] = { self, value };
        if (write(round % 2 ? to : socket, both, sizeof both) != sizeof both) break;
    }
    _exit(self);
}

static int connected(int *other) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&address, length);
    listen(listener, 4);
    getsockname(listener, (struct sockaddr *)&address, &length);
    connect(client, (struct sockaddr *)&address, length);
    *other = accept(listener, 0, 0);
    close(listener);
    return client;
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
    sigaction(SIGALRM, &action, 0);
    action.sa_handler = on_tick;
    sigaction(SIGUSR1, &action, 0);
    struct itimerval every = { { 0, 7000 }, { 0, 5000 } };
    setitimer(ITIMER_REAL, &every, 0);

    int up[2], down[CHILDREN][2], far, near = connected(&far);
    pipe(up);
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    grantpt(master);
    unlockpt(master);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    pid_t pids[CHILDREN];
    for (unsigned each = 0; each < CHILDREN; each++) {
        pipe(down[each]);
        if ((pids[each] = fork()) == 0) child(each, down[each][0], up[1], far);
    }
    int timer = timerfd_create(CLOCK_MONOTONIC, 0), watch = epoll_create1(0);
    struct itimerspec beat = { { 0, 4000000 }, { 0, 4000000 } };
    timerfd_settime(timer, 0, &beat, 0);
    int files[4] = { up[0], near, timer, slave };
    for (unsigned each = 0; each < 4; each++) {
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = each };
        epoll_ctl(watch, EPOLL_CTL_ADD, files[each], &event);
    }
    pthread_t threads[THREADS];
    for (size_t each = 0; each < THREADS; each++) pthread_create(&threads[each], 0, thread, (void *)(each + 1));
    for (unsigned each = 0; each < CHILDREN; each++) {
        unsigned value = chance();
        write(down[each][1], &value, sizeof value);
    }
    unsigned answers = 0, beats = 0, lines = 0, sum = 0;
    while (answers < CHILDREN * ROUNDS) {
        struct epoll_event event;
        if (epoll_wait(watch, &event, 1, 100) != 1) continue;
        char line[64];
        unsigned both[2];
        uint64_t count;
        switch (event.data.u32) {
        case 2:
            if (read(timer, &count, 8) == 8) beats += (unsigned)count;
            if (beats % 3 == 0) write(master, "tick\n", 5);
            break;
        case 3:
            lines += read(slave, line, sizeof line) > 0;
            break;
        default:
            if (read(files[event.data.u32], both, sizeof both) != sizeof both) break;
            answers++;
            sum = mix(sum, both[0] * 31 + both[1] + now());
            if (answers % 16 == 0) printf("%u answers, sum %08x, order %08x, alarms %u\n", answers, sum, order, alarms);
            both[1] = chance();
            write(down[both[0]][1], &both[1], sizeof both[1]);
        }
    }
    for (unsigned each = 0; each < THREADS; each++) pthread_join(threads[each], 0);
    unsigned statuses = 0;
    for (unsigned each = 0; each < CHILDREN; each++) {
        int status;
        pid_t pid = wait(&status);
        statuses = mix(statuses, (unsigned)pid * 64 + WEXITSTATUS(status));
    }
    printf("shared %08x order %08x sum %08x statuses %08x\n", shared, order, sum, statuses);
    printf("alarms %u ticks %u beats %u lines %u time %08x random %08x\n", alarms, ticks, beats, lines, now(), chance());
    return 0;
}
