/* Timers, futexes, threads that end, signals to one thread, limits. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, int result) {
    int error = errno;
    printf("%s %d %s\n", what, result, result == -1 ? strerror(error) : "");
}

static volatile int count, from_timer, value, where;
static void on_timer(int number, siginfo_t *information, void *context) {
    count++;
    from_timer = information->si_code == SI_TIMER;
    value = information->si_value.sival_int;
}
static void on_thread(int number) { where = syscall(SYS_gettid); }
static void on_virtual(int number) { count++; }

static void timers(void) {
    struct sigaction action = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &action, 0);
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42 };
    timer_t timer;
    say("timer_create", timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec every = { .it_interval = { 0, 10000000 }, .it_value = { 0, 10000000 } };
    timer_settime(timer, 0, &every, 0);
    while (count < 3) pause();
    printf("timer %d %d\n", from_timer, value);
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &before);
    usleep(55000);
    siginfo_t information;
    sigwaitinfo(&set, &information);
    printf("overrun %d\n", timer_getoverrun(timer) >= 3);
    sigprocmask(SIG_SETMASK, &before, 0);
    timer_gettime(timer, &every);
    printf("left %d\n", every.it_value.tv_nsec > 0 && every.it_value.tv_nsec <= 10000000);
    say("timer_delete", timer_delete(timer));
    count = 0;
    signal(SIGVTALRM, on_virtual);
    struct itimerval virtual = { { 0, 5000 }, { 0, 5000 } };
    setitimer(ITIMER_VIRTUAL, &virtual, 0);
    while (count < 3) ;
    virtual = (struct itimerval){ { 0, 0 }, { 0, 0 } };
    setitimer(ITIMER_VIRTUAL, &virtual, 0);
    printf("virtual time %d\n", count >= 3);
}

static pthread_mutex_t mutex;
static void *dies_with_lock(void *_) { pthread_mutex_lock(&mutex); return 0; }
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static int woken;
static void *waits(void *_) {
    pthread_mutex_lock(&turn);
    while (!count) pthread_cond_wait(&turned, &turn);
    woken++;
    pthread_mutex_unlock(&turn);
    return 0;
}
static volatile int sleeper_tid;
static void *sleeps(void *_) {
    sleeper_tid = syscall(SYS_gettid);
    while (!where) usleep(1000);
    return 0;
}

static void threads(void) {
    pthread_t thread, many[4];
    pthread_mutexattr_t robust;
    pthread_mutexattr_init(&robust);
    pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex, &robust);
    pthread_create(&thread, 0, dies_with_lock, 0);
    pthread_join(thread, 0);
    printf("robust %d\n", pthread_mutex_lock(&mutex) == EOWNERDEAD);
    pthread_mutex_consistent(&mutex);
    pthread_mutex_unlock(&mutex);
    pthread_mutexattr_t pi;
    pthread_mutexattr_init(&pi);
    pthread_mutexattr_setprotocol(&pi, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&mutex, &pi);
    say("pi", pthread_mutex_lock(&mutex));
    say("pi held", pthread_mutex_trylock(&mutex) == EBUSY);
    pthread_mutex_unlock(&mutex);
    count = 0;
    for (int i = 0; i < 4; i++) pthread_create(&many[i], 0, waits, 0);
    usleep(10000);
    pthread_mutex_lock(&turn);
    count = 1;
    pthread_cond_broadcast(&turned);
    pthread_mutex_unlock(&turn);
    for (int i = 0; i < 4; i++) pthread_join(many[i], 0);
    printf("woken %d\n", woken);
    signal(SIGUSR2, on_thread);
    pthread_create(&thread, 0, sleeps, 0);
    while (!sleeper_tid) usleep(1000);
    syscall(SYS_tgkill, getpid(), sleeper_tid, SIGUSR2);
    pthread_join(thread, 0);
    printf("signal to the thread %d\n", where == sleeper_tid && where != getpid());
}

static void futexes(void) {
    int *word = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct timespec soon = { 0, 5000000 };
    say("wait other value", syscall(SYS_futex, word, FUTEX_WAIT, 5, 0, 0, 0));
    say("wait timeout", syscall(SYS_futex, word, FUTEX_WAIT, 0, &soon, 0, 0));
    if (fork() == 0) {
        int result = syscall(SYS_futex, word, FUTEX_WAIT, 0, 0, 0, 0);
        _exit(result == 0 ? 11 : 12);
    }
    usleep(20000);
    say("requeue", syscall(SYS_futex, word, FUTEX_CMP_REQUEUE, 0, 1, word + 1, 0));
    say("wake first", syscall(SYS_futex, word, FUTEX_WAKE, 1, 0, 0, 0));
    say("wake second", syscall(SYS_futex, word + 1, FUTEX_WAKE, 1, 0, 0, 0));
    int status;
    wait(&status);
    printf("child across processes %d\n", WEXITSTATUS(status));
    word[2] = 3;
    int op = FUTEX_OP(FUTEX_OP_ADD, 4, FUTEX_OP_CMP_EQ, 3);
    say("wake op", syscall(SYS_futex, word, FUTEX_WAKE_OP, 1, 1, word + 2, op));
    printf("word %d\n", word[2]);
    sem_t *semaphore = (sem_t *)(word + 16);
    sem_init(semaphore, 1, 0);
    if (fork() == 0) { sem_post(semaphore); _exit(0); }
    say("sem_wait", sem_wait(semaphore));
    wait(0);
}

static void limits(void) {
    int status;
    if (fork() == 0) {
        struct rlimit limit = { 1, 2 };
        setrlimit(RLIMIT_CPU, &limit);
        for (;;) ;
    }
    wait(&status);
    printf("cpu limit %s\n", strsignal(WTERMSIG(status)));
    if (fork() == 0) {
        struct rlimit limit = { 64 << 20, 64 << 20 };
        setrlimit(RLIMIT_AS, &limit);
        char *big = mmap(0, 80 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        _exit(big == MAP_FAILED && errno == ENOMEM ? 5 : 6);
    }
    wait(&status);
    printf("address space %d\n", WEXITSTATUS(status));
    if (fork() == 0) {
        struct rlimit limit = { 10, 10 };
        setrlimit(RLIMIT_FSIZE, &limit);
        FILE *file = tmpfile();
        int written = write(fileno(file), "0123456789abcdef", 16);
        signal(SIGXFSZ, SIG_IGN);
        int more = write(fileno(file), "x", 1);
        _exit(written == 10 && more == -1 && errno == EFBIG ? 7 : 8);
    }
    wait(&status);
    printf("file size %d\n", WEXITSTATUS(status));
    struct sched_param parameter = { 0 };
    say("policy", sched_setscheduler(0, SCHED_BATCH, &parameter));
    printf("policy is batch %d\n", sched_getscheduler(0) == SCHED_BATCH);
    parameter.sched_priority = 5;
    say("policy with priority", sched_setscheduler(0, SCHED_OTHER, &parameter));
    say("dumpable", prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
    say("dumpable is", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    say("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    say("no new privileges is", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    timers();
    threads();
    futexes();
    limits();
    return 0;
}
