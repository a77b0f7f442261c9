/* A tracer hears of an end that a signal brings, before it comes; and a child that gets the number it was promised. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static char state(int pid)
{
	char path[32], text[256] = {0};
	sprintf(path, "/proc/%d/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return '-';
	size_t n = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[n] = 0;
	return strrchr(text, ')')[2];
}

static void *sleeper(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static int start(int threads)
{
	int pid = fork();
	if (pid == 0) {
		pthread_t other;
		if (threads)
			pthread_create(&other, NULL, sleeper, NULL);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	int status;
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT);
	return pid;
}

static void see(int pid, const char *name)
{
	int status;
	unsigned long message = 0;
	siginfo_t info;
	int got = waitpid(pid, &status, 0);
	printf("%s: own %d stopped %d event %d", name, got == pid, WIFSTOPPED(status), status >> 16);
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	memset(&info, 0, sizeof info);
	ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
	printf(" message %lx state %c kill %d signal %d\n", message & ~0x80UL, state(pid), kill(pid, 0),
	       info.si_signo == SIGTRAP && info.si_code == (SIGTRAP | PTRACE_EVENT_EXIT << 8));
	ptrace(PTRACE_CONT, pid, 0, 0);
	got = waitpid(pid, &status, 0);
	printf("%s: own %d signalled %d by %d state %c\n", name, got == pid, WIFSIGNALED(status), WTERMSIG(status),
	       state(pid));
}

int main(void)
{
	int status;
	setvbuf(stdout, NULL, _IOLBF, 0);

	int pid = start(0);
	ptrace(PTRACE_CONT, pid, 0, SIGTERM);
	see(pid, "term");
	pid = start(0);
	ptrace(PTRACE_CONT, pid, 0, 0);
	kill(pid, SIGINT);
	waitpid(pid, &status, 0);
	printf("asked first %d\n", WIFSTOPPED(status) && WSTOPSIG(status) == SIGINT);
	ptrace(PTRACE_CONT, pid, 0, SIGINT);
	see(pid, "interrupt");
	pid = start(0);
	kill(pid, SIGKILL);
	see(pid, "kill");
	pid = start(1);
	ptrace(PTRACE_CONT, pid, 0, SIGALRM);
	see(pid, "threads");

	/* without the option the end is the first that is heard */
	pid = start(0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, 0);
	ptrace(PTRACE_CONT, pid, 0, SIGTERM);
	waitpid(pid, &status, 0);
	printf("plain: signalled %d\n", WIFSIGNALED(status));

	/* a tracer that goes away lets it end */
	int pipes[2];
	if (pipe(pipes))
		return 1;
	pid = fork();
	if (pid == 0) {
		int inner = start(0);
		ptrace(PTRACE_CONT, inner, 0, SIGTERM);
		waitpid(inner, &status, 0);
		if (write(pipes[1], &inner, sizeof inner) != sizeof inner)
			_exit(1);
		_exit(0);
	}
	int inner;
	if (read(pipes[0], &inner, sizeof inner) != sizeof inner)
		return 1;
	waitpid(pid, &status, 0);
	for (int round = 0; round < 100 && !strchr("Z-", state(inner)); round++)
		usleep(10000);
	printf("left alone: ended %d\n", strchr("Z-", state(inner)) != NULL);

	/* chosen numbers */
	int32_t wanted = 29011;
	struct args args = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1};
	long child = syscall(SYS_clone3, &args, sizeof args);
	if (child == 0)
		_exit(getpid() == 29011 ? 5 : 6);
	waitpid(child, &status, 0);
	printf("chosen %d status %d\n", child == wanted, WEXITSTATUS(status));
	wanted = getpid();
	child = syscall(SYS_clone3, &args, sizeof args);
	printf("taken: %s\n", child < 0 ? strerror(errno) : "made");
	int32_t wrong[] = {0, -4, 1 << 30};
	for (int which = 0; which < 3; which++) {
		wanted = wrong[which];
		child = syscall(SYS_clone3, &args, sizeof args);
		printf("wrong: %s\n", child < 0 ? strerror(errno) : "made");
	}
	wanted = 29012;
	args.set_tid_size = 2;
	child = syscall(SYS_clone3, &args, sizeof args);
	printf("two: %s\n", child < 0 ? strerror(errno) : "made");
	args.set_tid_size = 0;
	child = syscall(SYS_clone3, &args, sizeof args);
	printf("none: %s\n", child < 0 ? strerror(errno) : "made");
	args.set_tid_size = 1;
	if (setresuid(1000, 1000, 1000))
		return 1;
	child = syscall(SYS_clone3, &args, sizeof args);
	printf("user: %s\n", child < 0 ? strerror(errno) : "made");
	return 0;
}
