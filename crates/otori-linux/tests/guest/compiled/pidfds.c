/* Descriptors for processes, clone3, copy_file_range, epoll_pwait2. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define OPEN 434
#define SEND 424
#define GETFD 438
#define CLONE3 435
#ifdef __mips__
#define NR(n) ((n) + 4000)
#else
#define NR(n) (n)
#endif

static void say(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

struct args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static void usr(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	_exit(info->si_code == SI_USER ? 40 : info->si_code == SI_QUEUE ? 41 : 42);
}

static int child(void (*body)(int), int end)
{
	int pid = fork();
	if (pid == 0) {
		body(end);
		_exit(0);
	}
	return pid;
}
static void sleeps(int end)
{
	struct sigaction action = {.sa_sigaction = usr, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &action, NULL);
	if (write(end, "r", 1) != 1)
		_exit(9);
	for (;;)
		pause();
}

int main(void)
{
	int ready[2];
	char byte;
	siginfo_t info;
	setvbuf(stdout, NULL, _IOLBF, 0);
	pipe(ready);

	say("no process", syscall(NR(OPEN), 999999, 0));
	say("bad pid", syscall(NR(OPEN), 0, 0));
	say("bad flags", syscall(NR(OPEN), getpid(), 1 << 20));

	int pid = child(sleeps, ready[1]);
	int fd = syscall(NR(OPEN), pid, 0);
	say("open", fd);
	printf("close on exec %d\n", fcntl(fd, F_GETFD));
	if (read(ready[0], &byte, 1) != 1)
		return 1;
	struct pollfd wait_for = {.fd = fd, .events = POLLIN};
	printf("poll %d\n", poll(&wait_for, 1, 0));
	say("read", read(fd, &byte, 1));
	int theirs = syscall(NR(GETFD), fd, ready[0], 0);
	say("getfd", theirs);
	say("getfd none", syscall(NR(GETFD), fd, 900, 0));
	say("send flags", syscall(NR(SEND), fd, SIGUSR1, NULL, 1 << 20));
	say("send nothing", syscall(NR(SEND), fd, 0, NULL, 0));
	say("send what is none", syscall(NR(SEND), 0, SIGUSR1, NULL, 0));
	memset(&info, 0, sizeof info);
	info.si_signo = SIGUSR2, info.si_code = SI_QUEUE;
	say("send another", syscall(NR(SEND), fd, SIGUSR1, &info, 0));
	info.si_signo = SIGUSR1, info.si_code = SI_USER;
	say("send forged", syscall(NR(SEND), fd, SIGUSR1, &info, 0));
	info.si_code = SI_QUEUE;
	say("send queued", syscall(NR(SEND), fd, SIGUSR1, &info, 0));
	printf("poll %d\n", poll(&wait_for, 1, -1));
	printf("events %x\n", wait_for.revents);
	memset(&info, 0, sizeof info);
	say("waitid", waitid(P_PIDFD, fd, &info, WEXITED));
	printf("pid %d code %d status %d\n", info.si_pid == pid, info.si_code, info.si_status);
	say("gone", syscall(NR(SEND), fd, 0, NULL, 0));
	say("waited already", waitid(P_PIDFD, fd, &info, WEXITED));
	close(fd), close(theirs);

	/* one that does not block */
	pid = child(sleeps, ready[1]);
	fd = syscall(NR(OPEN), pid, O_NONBLOCK);
	if (read(ready[0], &byte, 1) != 1)
		return 1;
	say("waitid at once", waitid(P_PIDFD, fd, &info, WEXITED));
	kill(pid, SIGKILL);
	poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
	say("waitid then", waitid(P_PIDFD, fd, &info, WEXITED));
	printf("code %d status %d\n", info.si_code, info.si_status);
	close(fd);

	/* clone3 */
	struct args args = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&fd, .exit_signal = SIGCHLD};
	fd = -1;
	pid = syscall(NR(CLONE3), &args, sizeof args);
	if (pid == 0)
		_exit(17);
	say("clone3", pid);
	memset(&info, 0, sizeof info);
	say("waitid", waitid(P_PIDFD, fd, &info, WEXITED));
	printf("pid %d status %d\n", info.si_pid == pid, info.si_status);
	say("too small", syscall(NR(CLONE3), &args, 32));
	struct { struct args args; uint64_t more; } longer = {args, 1};
	say("from later", syscall(NR(CLONE3), &longer, sizeof longer));
	args.flags = 17;
	say("signal among flags", syscall(NR(CLONE3), &args, sizeof args));
	args.flags = 0, args.stack = 4096;
	say("stack without size", syscall(NR(CLONE3), &args, sizeof args));
	args.stack = 0, args.exit_signal = 200;
	say("no signal", syscall(NR(CLONE3), &args, sizeof args));
	signal(SIGUSR2, SIG_IGN);
	struct args clears = {.flags = 0x100000000ull, .exit_signal = SIGCHLD};
	struct sigaction action = {.sa_sigaction = usr, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &action, NULL);
	pid = syscall(NR(CLONE3), &clears, sizeof clears);
	if (pid == 0) {
		struct sigaction one, two;
		sigaction(SIGUSR1, NULL, &one), sigaction(SIGUSR2, NULL, &two);
		_exit((one.sa_handler == SIG_DFL) + 2 * (two.sa_handler == SIG_IGN));
	}
	int status;
	waitpid(pid, &status, 0);
	printf("cleared %d\n", WEXITSTATUS(status));

	/* bytes from file to file */
	int from = open("/tmp/cf1", O_RDWR | O_CREAT | O_TRUNC, 0600);
	int to = open("/tmp/cf2", O_RDWR | O_CREAT | O_TRUNC, 0600);
	int folder = open("/tmp", O_RDONLY);
	if (write(from, "0123456789", 10) != 10)
		return 1;
	loff_t in = 2, out = 1;
	printf("copied %ld", (long)syscall(SYS_copy_file_range, from, &in, to, &out, (size_t)5, 0));
	printf(" to %d %d\n", (int)in, (int)out);
	lseek(from, 0, SEEK_SET);
	printf("copied %ld", (long)syscall(SYS_copy_file_range, from, NULL, to, NULL, (size_t)3, 0));
	printf(" at %d %d\n", (int)lseek(from, 0, SEEK_CUR), (int)lseek(to, 0, SEEK_CUR));
	char text[16] = {0};
	int n = pread(to, text, 15, 0);
	printf("%d: %s\n", n, text);
	in = 100;
	printf("behind the end %ld\n", (long)syscall(SYS_copy_file_range, from, &in, to, NULL, (size_t)5, 0));
	in = 0, out = 3;
	say("onto itself", syscall(SYS_copy_file_range, from, &in, from, &out, (size_t)5, 0));
	say("flags", syscall(SYS_copy_file_range, from, NULL, to, NULL, (size_t)5, 1));
	say("folder", syscall(SYS_copy_file_range, folder, NULL, to, NULL, (size_t)5, 0));
	say("pipe", syscall(SYS_copy_file_range, ready[0], NULL, to, NULL, (size_t)5, 0));
	int appends = open("/tmp/cf2", O_WRONLY | O_APPEND);
	say("append", syscall(SYS_copy_file_range, from, NULL, appends, NULL, (size_t)5, 0));

	/* a wait with nanoseconds */
	int set = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7};
	epoll_ctl(set, EPOLL_CTL_ADD, ready[0], &event);
	struct { int64_t s, ns; } time = {0, 1000};
	printf("nothing %ld\n", syscall(NR(441), set, &event, 1, &time, NULL, 8));
	if (write(ready[1], "x", 1) != 1)
		return 1;
	printf("one %ld\n", syscall(NR(441), set, &event, 1, NULL, NULL, 8));
	time.ns = 2000000000;
	say("wrong time", syscall(NR(441), set, &event, 1, &time, NULL, 8));
	return 0;
}
