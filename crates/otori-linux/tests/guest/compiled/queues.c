/* POSIX message queues: priorities, sizes, waiting with a time limit, notification, names and permissions. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, long result) {
    int error = errno;
    printf("%s %ld %s\n", what, result, result == -1 ? strerror(error) : "");
}
static volatile int told, value;
static void on_message(int number, siginfo_t *information, void *context) {
    told += information->si_code == SI_MESGQ;
    value = information->si_value.sival_int;
    (void)number, (void)context;
}
static struct timespec in_ms(long ms) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += ms * 1000000;
    while (time.tv_nsec >= 1000000000) time.tv_sec++, time.tv_nsec -= 1000000000;
    return time;
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    umask(022);
    const char *name = "/otori-queue";
    char text[64];
    unsigned priority;
    mq_unlink(name);
    say("not there", mq_open(name, O_RDWR));
    struct mq_attr shape = { .mq_maxmsg = 3, .mq_msgsize = 16 };
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, &shape);
    printf("made %d\n", queue >= 0);
    say("again", mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &shape));
    struct mq_attr wrong = { .mq_maxmsg = 0, .mq_msgsize = 16 };
    say("no room", mq_open("/otori-other", O_RDWR | O_CREAT, 0600, &wrong));
    say("low", mq_send(queue, "low", 3, 1));
    say("high", mq_send(queue, "high", 4, 9));
    say("second", mq_send(queue, "second", 6, 9));
    struct timespec soon = in_ms(20);
    say("full", mq_timedsend(queue, "x", 1, 0, &soon));
    say("too long", mq_send(queue, "01234567890123456", 17, 0));
    say("priority", mq_send(queue, "x", 1, 32768));
    say("small buffer", mq_receive(queue, text, 15, 0));
    struct pollfd ready = { queue, POLLIN | POLLOUT, 0 };
    poll(&ready, 1, 0);
    printf("poll %d\n", ready.revents == POLLIN);
    for (int each = 0; each < 3; each++) {
        long length = mq_receive(queue, text, sizeof text, &priority);
        printf("%ld %.*s %u\n", length, (int)length, text, priority);
    }
    soon = in_ms(20);
    say("empty", mq_timedreceive(queue, text, sizeof text, 0, &soon));
    struct mq_attr flags = { .mq_flags = O_NONBLOCK }, before;
    mq_setattr(queue, &flags, &before);
    say("does not wait", mq_receive(queue, text, sizeof text, 0));
    mq_getattr(queue, &shape);
    printf("attributes %d %ld %ld %ld\n", shape.mq_flags == O_NONBLOCK, shape.mq_maxmsg, shape.mq_msgsize, shape.mq_curmsgs);
    flags.mq_flags = 0;
    mq_setattr(queue, &flags, 0);

    struct sigaction action = { .sa_sigaction = on_message, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, 0);
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77 };
    printf("notify %d\n", mq_notify(queue, &event));
    say("twice", mq_notify(queue, &event));
    if (fork() == 0) { mq_send(queue, "one", 3, 0); mq_send(queue, "two", 3, 0); _exit(0); }
    wait(0);
    printf("told %d %d\n", told, value);
    mq_receive(queue, text, sizeof text, 0);
    mq_receive(queue, text, sizeof text, 0);

    if (fork() == 0) { usleep(10000); mq_send(queue, "late", 4, 3); _exit(0); }
    say("waited", mq_receive(queue, text, sizeof text, &priority));
    wait(0);
    if (fork() == 0) {
        if (setgid(1234) || setuid(1234)) _exit(1);
        say("reads", mq_open(name, O_RDONLY) >= 0);
        say("writes", mq_open(name, O_WRONLY));
        say("unlinks", mq_unlink(name));
        _exit(0);
    }
    wait(0);
    say("unlinked", mq_unlink(name));
    say("gone", mq_unlink(name));
    printf("still %d\n", mq_send(queue, "x", 1, 0));
    mq_close(queue);
    say("closed", mq_send(queue, "x", 1, 0));
    return 0;
}
