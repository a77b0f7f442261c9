// contained: memory_mib=48
#include "contained.h"
static int child(void (*body)(void)) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) { body(); _exit(0); }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
static int __attribute__((noinline)) deeper(volatile char *above) {
    volatile char here[256];
    here[0] = *above;
    return deeper(here) + here[1];
}
static void recursion(void) { volatile char start[1]; deeper(start); }
static void again(int signal_number) { raise(signal_number); }
static void handlers(void) {
    struct sigaction action = { .sa_handler = again, .sa_flags = SA_NODEFER };
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
}
static void fault_again(int signal_number) { *(volatile int *)8 = 0; }
static void faults(void) {
    struct sigaction action = { .sa_handler = fault_again, .sa_flags = SA_NODEFER };
    sigaction(SIGSEGV, &action, 0);
    *(volatile int *)8 = 0;
}
static void small_stack(void) {
    stack_t stack = { .ss_sp = malloc(MINSIGSTKSZ), .ss_size = MINSIGSTKSZ };
    struct sigaction action = { .sa_handler = again, .sa_flags = SA_NODEFER | SA_ONSTACK };
    sigaltstack(&stack, 0);
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
}
static void no_stack(void) { __asm__ volatile("xor %%rsp, %%rsp; push %%rax" ::: "memory"); }
int main() {
    setvbuf(stdout, 0, _IONBF, 0);
    printf("recursion: signal %d\n", child(recursion));
    printf("handlers in handlers: signal %d\n", child(handlers));
    printf("faults in handlers: signal %d\n", child(faults));
    printf("a small signal stack: signal %d\n", child(small_stack));
    printf("no stack: signal %d\n", child(no_stack));
}
