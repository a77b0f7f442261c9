// Signals: handlers with their information, masks, alternate stacks, faults and where they were, timers, waiting,
// restarting, nested delivery, jumping out of a handler.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t count, code, value, depth, deepest, on_stack;
static void *volatile address; static char *stack; static sigjmp_buf back;
static void counted(int number) { count += number; depth++; if (depth > deepest) deepest = depth; if (number == SIGUSR1 && depth == 1) raise(SIGUSR2); depth--; }
static void informed(int number, siginfo_t *info, void *context) { (void)number; (void)context; code = info->si_code; value = info->si_value.sival_int; address = info->si_addr; char here; on_stack = stack && &here > stack && &here < stack + 65536; }
static void leaving(int number, siginfo_t *info, void *context) { informed(number, info, context); siglongjmp(back, number); }
static void handle(int number, void (*with)(int, siginfo_t *, void *), int flags) { struct sigaction action = {0}; action.sa_sigaction = with; action.sa_flags = SA_SIGINFO | flags; sigaction(number, &action, NULL); }

static void fault(const char *name, int number, volatile char *place, int writes) {
    int came = sigsetjmp(back, 1);
    if (came == 0) { if (writes) *place = 1; else (void)*place; puts("no fault"); return; }
    printf("%s %d code %d at %s\n", name, came == number, code, address == place ? "place" : "elsewhere");
}

int main(void) {
    signal(SIGUSR1, counted); signal(SIGUSR2, counted); raise(SIGUSR1); printf("%d %d\n", count == SIGUSR1 + SIGUSR2, deepest);
    sigset_t set, old, pending; sigemptyset(&set); sigaddset(&set, SIGUSR2); sigprocmask(SIG_BLOCK, &set, &old); count = 0; raise(SIGUSR2); raise(SIGUSR2); sigpending(&pending);
    printf("%d %d\n", count, sigismember(&pending, SIGUSR2)); sigprocmask(SIG_SETMASK, &old, NULL); printf("%d\n", count == SIGUSR2);
    handle(SIGRTMIN, informed, 0); union sigval given = {.sival_int = 1234}; sigqueue(getpid(), SIGRTMIN, given); printf("%d %d\n", value, code == SI_QUEUE); kill(getpid(), SIGRTMIN); printf("%d\n", code == SI_USER);
    stack = malloc(65536); stack_t alternate = {.ss_sp = stack, .ss_size = 65536}; sigaltstack(&alternate, NULL); handle(SIGRTMIN, informed, SA_ONSTACK); raise(SIGRTMIN); printf("%d\n", on_stack);
    handle(SIGSEGV, leaving, SA_ONSTACK); handle(SIGBUS, leaving, 0); handle(SIGFPE, leaving, 0); handle(SIGILL, leaving, 0); handle(SIGTRAP, leaving, 0);
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); mprotect(page, 4096, PROT_READ); mprotect(page + 4096, 4096, PROT_NONE);
    fault("read-only", SIGSEGV, page + 10, 1); fault("no access", SIGSEGV, page + 5000, 0); munmap(page, 8192); fault("unmapped", SIGSEGV, page, 0); fault("null", SIGSEGV, (char *)8, 1);
    sigemptyset(&set); sigaddset(&set, SIGALRM); sigprocmask(SIG_BLOCK, &set, NULL); struct itimerval timer = {.it_value = {0, 20000}}; setitimer(ITIMER_REAL, &timer, NULL); int number; sigwait(&set, &number); printf("%d\n", number == SIGALRM);
    setitimer(ITIMER_REAL, &timer, NULL); siginfo_t info; struct timespec limit = {5, 0}; printf("%d\n", sigtimedwait(&set, &info, &limit) == SIGALRM); limit.tv_sec = 0; limit.tv_nsec = 1000; printf("%d %d\n", sigtimedwait(&set, &info, &limit), errno == EAGAIN);
    signal(SIGALRM, counted); setitimer(ITIMER_REAL, &timer, NULL); sigemptyset(&set); count = 0; printf("%d", sigsuspend(&set)); printf(" %d %d\n", errno == EINTR, count == SIGALRM);
    sigprocmask(SIG_SETMASK, &set, NULL); int ends[2]; pipe(ends); char byte; struct sigaction action = {.sa_handler = counted}; sigaction(SIGALRM, &action, NULL); setitimer(ITIMER_REAL, &timer, NULL); printf("%d", (int)read(ends[0], &byte, 1)); printf(" %d\n", errno == EINTR);
    action.sa_flags = SA_RESTART | SA_RESETHAND; sigaction(SIGALRM, &action, NULL); setitimer(ITIMER_REAL, &timer, NULL); if (fork() == 0) { usleep(100000); write(ends[1], "x", 1); _exit(0); } printf("%d %c\n", (int)read(ends[0], &byte, 1), byte); wait(NULL);
    sigaction(SIGALRM, NULL, &action); printf("%d\n", action.sa_handler == SIG_DFL); timer_t clock_timer; struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 99}};
    handle(SIGUSR1, informed, 0); timer_create(CLOCK_MONOTONIC, &event, &clock_timer); struct itimerspec once = {.it_value = {0, 10000000}}; timer_settime(clock_timer, 0, &once, NULL); pause(); printf("%d\n", value); timer_delete(clock_timer);
    fflush(stdout); int status; pid_t child = fork(); if (child == 0) { signal(SIGSEGV, SIG_DFL); *(volatile int *)0 = 1; } waitpid(child, &status, 0); printf("%d %d\n", WIFSIGNALED(status), WTERMSIG(status) == SIGSEGV);
    child = fork(); if (child == 0) abort(); waitpid(child, &status, 0); printf("%d\n", WTERMSIG(status) == SIGABRT); child = fork(); if (child == 0) { for (;;) pause(); } kill(child, SIGSTOP); waitpid(child, &status, WUNTRACED); printf("%d\n", WIFSTOPPED(status)); kill(child, SIGCONT); waitpid(child, &status, WCONTINUED); printf("%d\n", WIFCONTINUED(status)); kill(child, SIGKILL); waitpid(child, &status, 0); printf("%d\n", WTERMSIG(status));
    return 0;
}
