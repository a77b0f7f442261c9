/* What debuggers ask beside registers: a thread's pointer; and memory by the number of any thread. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int number;
static void *sleeper(void *unused)
{
	number = syscall(SYS_gettid);
	for (;;)
		pause();
	return unused;
}

static long pointer_of(int pid, uintptr_t *value)
{
#if defined(__x86_64__)
	return ptrace(30, pid, value, 0x1003); /* PTRACE_ARCH_PRCTL, ARCH_GET_FS */
#elif defined(__aarch64__)
	struct iovec room = {value, sizeof *value};
	return ptrace(PTRACE_GETREGSET, pid, 0x401, &room); /* NT_ARM_TLS */
#else
	return ptrace(25, pid, 0, value); /* PTRACE_GET_THREAD_AREA of MIPS */
#endif
}

int main(void)
{
	int status;
	uintptr_t value = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	int pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	long done = pointer_of(pid, &value);
#ifdef __mips__
	/* the kernel's pointer lies behind the one that the compiler uses */
	uintptr_t own;
	__asm__ volatile(".set push\n\t.set mips32r2\n\trdhwr %0, $29\n\t.set pop" : "=r"(own));
#else
	uintptr_t own = (uintptr_t)__builtin_thread_pointer();
#endif
	printf("pointer %ld, the parent's %d\n", done, value == own);
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);

	pthread_t thread;
	pthread_create(&thread, NULL, sleeper, NULL);
	while (!number)
		usleep(1000);
	int from = 1234, to = 0;
	struct iovec remote = {&from, sizeof from}, local = {&to, sizeof to};
	printf("by the number of a thread: %d", (int)process_vm_readv(number, &local, 1, &remote, 1, 0));
	printf(" %d\n", to);
	return 0;
}
