/* What a tracer sees of floating point registers, and what it puts there. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* puts 2.5 into a register, stops, and gives back what is there then */
static double through_a_stop(void)
{
	double value = 2.5;
#if defined(__x86_64__)
	__asm__ volatile("movsd %0, %%xmm7\n\tmov $39, %%eax\n\tsyscall\n\tmov %%eax, %%edi\n\tmov $19, %%esi\n\t"
			 "mov $62, %%eax\n\tsyscall\n\tmovsd %%xmm7, %0"
			 : "+m"(value) : : "rax", "rdi", "rsi", "rcx", "r11", "xmm7", "memory");
#elif defined(__aarch64__)
	__asm__ volatile("ldr d7, %0\n\tmov x8, #172\n\tsvc #0\n\tmov x1, #19\n\tmov x8, #129\n\tsvc #0\n\tstr d7, %0"
			 : "+m"(value) : : "x0", "x1", "x8", "d7", "memory");
#elif defined(__mips__)
	__asm__ volatile("ldc1 $f20, %0\n\tli $2, 4020\n\tsyscall\n\tmove $4, $2\n\tli $5, 23\n\tli $2, 4037\n\tsyscall\n\t"
			 "sdc1 $f20, %0"
			 : "+m"(value) : : "$2", "$4", "$5", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "$f20", "memory");
#endif
	return value;
}

#if defined(__x86_64__)
#define PLACE (160 + 7 * 16)
#define BYTES 512
#elif defined(__aarch64__)
#define PLACE (7 * 16)
#define BYTES 528
#else
#define PLACE (20 * 8)
#define BYTES 264
#endif

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	int pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		double value = through_a_stop();
		printf("child has %g\n", value);
		_exit(value == -7.75 ? 3 : 4);
	}
	int status;
	waitpid(pid, &status, 0);
	printf("stopped %d\n", WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);

	unsigned char bytes[1024];
	struct iovec vector = {bytes, sizeof bytes};
	memset(bytes, 0xee, sizeof bytes);
	long result = ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRFPREG, &vector);
	double seen = 0;
	memcpy(&seen, bytes + PLACE, 8);
	printf("%ld %d %g\n", result, vector.iov_len == BYTES, seen);
#ifndef __aarch64__
	memset(bytes, 0xee, sizeof bytes);
	result = ptrace(PTRACE_GETFPREGS, pid, 0, bytes);
	memcpy(&seen, bytes + PLACE, 8);
	printf("%ld %g\n", result, seen);
#else
	printf("0 %g\n", seen);
#endif
	/* only a part is asked for */
	vector.iov_len = 16;
	result = ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRFPREG, &vector);
	printf("%ld %d\n", result, (int)vector.iov_len);
	vector.iov_len = sizeof bytes;
	result = ptrace(PTRACE_GETREGSET, pid, (void *)0x12345, &vector);
	printf("%ld %s\n", result, strerror(errno));

	vector.iov_len = sizeof bytes;
	ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRFPREG, &vector);
	double other = -7.75;
	memcpy(bytes + PLACE, &other, 8);
	printf("%ld\n", (long)ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRFPREG, &vector));
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
	printf("ended %d\n", WEXITSTATUS(status));
	return 0;
}
