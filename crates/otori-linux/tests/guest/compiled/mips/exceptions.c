/* Which signal, si_code and address each exception gives on MIPS: arch/mips/kernel/{traps,unaligned}.c of Linux. */
#define _GNU_SOURCE
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
char place[8] __attribute__((aligned(8))) = { 1, 2, 3, 4, 5, 6, 7, 8 };

static const char *name(int number)
{
    switch (number) {
    case SIGILL: return "ILL";
    case SIGTRAP: return "TRAP";
    case SIGFPE: return "FPE";
    case SIGBUS: return "BUS";
    case SIGSEGV: return "SEGV";
    default: return "?";
    }
}

static void caught(int number, siginfo_t *info, void *context)
{
    ucontext_t *user = context;
    const char *where = info->si_addr == 0 ? "none"
        : (uintptr_t)info->si_addr == user->uc_mcontext.pc ? "pc" : "other";
    printf("%s code %d address %s\n", name(number), info->si_code, where);
    siglongjmp(back, 1);
}

#define TRY(text) \
    do { \
        printf("%-26s ", #text); \
        if (!sigsetjmp(back, 1)) { \
            __asm__ volatile(".set push\n.set noreorder\n.set mips32r2\n" text "\n.set pop" ::: "$8", "$9", "memory"); \
            puts("nothing"); \
        } \
    } while (0)

static void floating(void)
{
    static const int codes[] = { FE_INVALID, FE_DIVBYZERO, FE_OVERFLOW, FE_UNDERFLOW, FE_INEXACT };
    for (unsigned i = 0; i < 5; i++) {
        volatile double zero = 0, huge = 1e308, tiny = 1e-308, three = 3, result = 0;
        feclearexcept(FE_ALL_EXCEPT);
        feenableexcept(codes[i]);
        printf("floating exception %u ", i);
        if (!sigsetjmp(back, 1)) {
            switch (i) {
            case 0: result = zero / zero; break;
            case 1: result = three / zero; break;
            case 2: result = huge * huge; break;
            case 3: result = tiny * tiny; break;
            default: result = zero + 1 / three;
            }
            printf("nothing %g\n", result);
        }
        fedisableexcept(FE_ALL_EXCEPT);
    }
}

int main(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = caught;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    static const int numbers[] = { SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV };
    for (unsigned i = 0; i < 5; i++)
        sigaction(numbers[i], &action, NULL);
    setvbuf(stdout, NULL, _IONBF, 0);

    TRY("break 0");
    TRY("break 6");
    TRY("break 7");
    TRY(".word 0x000001cd");
    TRY("teq $0, $0");
    TRY("teq $0, $0, 6");
    TRY("teq $0, $0, 7");
    TRY("tne $0, $0");
    TRY("teqi $0, 0");
    TRY("lui $8, 0x7fff; add $8, $8, $8");
    TRY(".word 0x7c000010");      /* DSP: addu.qb */
    TRY(".word 0x78000006");      /* MSA */
    TRY(".word 0x40086000");      /* mfc0 */
    TRY(".word 0xbc000000");      /* cache */
    TRY(".word 0x48000000");      /* coprocessor 2 */
    TRY(".word 0x46c00000");      /* paired single */
    TRY(".word 0x10000001; .word 0x10000001; nop; nop"); /* a branch in a delay slot */
    TRY("lui $8, 0x8000; lb $8, 0($8)");
    TRY("lui $8, 0xc000; sw $8, 1($8)");
    TRY("li $8, 16; lw $8, 0($8)");
    TRY("la $8, place; ll $9, 2($8)");
    TRY("la $8, place; lw $9, 1($8); sw $9, 3($8); lh $9, 1($8); sh $9, 5($8)");
    printf("%02x %02x %02x %02x %02x %02x\n", place[1], place[2], place[3], place[4], place[5], place[6]);

    printf("sysmips %ld\n", syscall(SYS_sysmips, 7, 0));
    TRY("la $8, place; lw $9, 1($8)");
    TRY("la $8, place; sw $9, 1($8)");
    TRY("la $8, place; lhu $9, 1($8)");
    TRY("la $8, place; lw $9, 4($8); sb $9, 1($8)");
    printf("sysmips %ld\n", syscall(SYS_sysmips, 7, 1));
    TRY("la $8, place; lw $9, 1($8)");

    floating();
    return 0;
}
