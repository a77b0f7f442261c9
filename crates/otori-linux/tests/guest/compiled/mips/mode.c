/* Calls that only MIPS has, and the views of the floating point registers. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef PR_SET_FP_MODE
#define PR_SET_FP_MODE 45
#define PR_GET_FP_MODE 46
#endif

static void handler(int number, siginfo_t *info, void *context)
{
    (void)info;
    ucontext_t *user = context;
    double seen;
    memcpy(&seen, &user->uc_mcontext.fpregs.fp_r.fp_dregs[20], sizeof seen);
    printf("signal %d sees $f20 = %g\n", number, seen);
    seen = 2.5;
    memcpy(&user->uc_mcontext.fpregs.fp_r.fp_dregs[20], &seen, sizeof seen);
}

static void raise_with_float(void)
{
    double value = 1.5, after;
    long own = getpid();
    register long number __asm__("$2") = SYS_kill;
    register long first __asm__("$4") = own;
    register long second __asm__("$5") = SIGUSR1;
    __asm__ volatile("ldc1 $f20, %1\n\tsyscall\n\tsdc1 $f20, %0"
        : "=m"(after), "+m"(value), "+r"(number)
        : "r"(first), "r"(second)
        : "$7", "$f20", "$f21", "memory");
    printf("after the handler %g\n", after);
}

int main(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &action, NULL);

    printf("mode %d\n", prctl(PR_GET_FP_MODE));
    raise_with_float();
    prctl(PR_SET_FP_MODE, 0);
    printf("mode %d\n", prctl(PR_GET_FP_MODE));
    raise_with_float();
    uint32_t high;
    __asm__ volatile("mtc1 $0, $f4\n\tli $8, 0x1234\n\t.word 0x44882800\n\t.set push\n\t.set mips32r2\n\tmfhc1 %0, $f4\n\t.set pop"
        : "=r"(high) : : "$8", "$f4");
    printf("upper half %x\n", high);
    for (int mode = 8; mode >= 0; mode /= 2) {
        int result = prctl(PR_SET_FP_MODE, mode);
        printf("to %d: %d, mode %d\n", mode, result, prctl(PR_GET_FP_MODE));
        if (mode == 0)
            break;
    }

    int word = 7;
    long old = syscall(SYS_sysmips, 2001, &word, -5);
    printf("exchange %ld, now %d\n", old, word);
    printf("unaligned exchange %ld\n", syscall(SYS_sysmips, 2001, (char *)&word + 1, 0));
    /* The call of calls, with the arguments one further on: mmap has six, the last two on the stack. */
    long page = syscall(4000, SYS_mmap2, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(volatile int *)page = 1;
    printf("mmap by number %s\n", (page & 4095) == 0 ? "works" : "fails");
    printf("and getpid %d\n", syscall(4000, SYS_getpid) == getpid());
    return 0;
}
