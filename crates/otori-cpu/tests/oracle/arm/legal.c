/* Which half words are instructions of T32: each is run once, and said to be none when SIGILL comes at its address.
   Built by legal.rs for qemu-user. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define FIRST_OF_TWO 0xe800 /* from here on a half word is the first of two */
#define BYTES 0x4000

static sigjmp_buf back;
static uint16_t *code, *here;
static char answers[FIRST_OF_TWO];
static int current;

static void caught(int number, siginfo_t *info, void *context)
{
	ucontext_t *at = context;
	(void)info;
	int none = number == SIGILL && (at->uc_mcontext.arm_pc & ~1u) == (uintptr_t)here;
	answers[current] = none ? '0' : '1';
	siglongjmp(back, 1);
}

/* every register points into data, the stack pointer too; where to go is read from below it */
__attribute__((naked, target("arm"))) static void enter(uintptr_t to, uintptr_t data)
{
	(void)to;
	(void)data;
	__asm__ volatile("str r0, [r1, #-8]\n\tmov r0, r1\n\tmov r2, r1\n\tmov r3, r1\n\tmov r4, r1\n\tmov r5, r1\n\t"
			 "mov r6, r1\n\tmov r7, r1\n\tmov r8, r1\n\tmov r9, r1\n\tmov r10, r1\n\tmov r11, r1\n\t"
			 "mov r12, r1\n\tmov lr, r1\n\tmov sp, r1\n\tldr pc, [sp, #-8]");
}

/* b to itself would go on for ever; setend would turn the bytes of the signal's frame; svc 0xab, bkpt 0xab and hlt 0x3c ask qemu */
static int left_out(int half)
{
	return half == 0xe7fe || ((half & 0xf0ff) == 0xd0fe && half < 0xde00) || (half & 0xfff7) == 0xb650 ||
	       half == 0xdfab || half == 0xbeab || half == 0xbabc;
}

int main(void)
{
	static char stack[65536];
	code = mmap(NULL, BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *data = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	here = code + BYTES / 4;
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
	sigaltstack(&alternate, NULL);
	struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	int numbers[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE};
	for (int i = 0; i < 5; i++)
		sigaction(numbers[i], &action, NULL);
	for (int i = 0; i < BYTES / 2; i++)
		code[i] = 0xde00;
	for (current = 0; current < FIRST_OF_TWO; current++) {
		if (left_out(current)) {
			answers[current] = '-';
			continue;
		}
		*here = current;
		__builtin___clear_cache((char *)here, (char *)(here + 1));
		if (sigsetjmp(back, 1) == 0)
			enter((uintptr_t)here | 1, (uintptr_t)data + BYTES / 2);
	}
	fwrite(answers, 1, sizeof answers, stdout);
	return 0;
}
