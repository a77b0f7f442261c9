/* A tracer hears of calls with what they are, and of the end before it comes. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GET_CALL 0x420e
struct information {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	union {
		struct { uint64_t nr, args[6]; } entry;
		struct { int64_t rval; uint8_t is_error; } exit;
	};
};

static void show(int pid)
{
	struct information info;
	memset(&info, 0xee, sizeof info);
	long size = ptrace(GET_CALL, pid, sizeof info, &info);
	printf("%ld op %d %d %d", size, info.op, info.arch != 0xeeeeeeee, info.ip != 0 && info.sp != 0);
	if (info.op == 1 && info.entry.nr == SYS_close)
		printf(" close %d", (int)info.entry.args[0]);
	if (info.op == 1 && info.entry.nr == SYS_getpid)
		printf(" getpid");
	if (info.op == 1 && info.entry.nr == SYS_exit_group)
		printf(" exit %d", (int)info.entry.args[0]);
	if (info.op == 2)
		printf(" %d %s", info.exit.is_error,
		       info.exit.is_error ? strerror(-info.exit.rval) : info.exit.rval == pid ? "own" : "other");
	puts("");
}

int main(void)
{
	int status;
	setvbuf(stdout, NULL, _IOLBF, 0);
	int pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		syscall(SYS_getpid);
		syscall(SYS_close, 77);
		syscall(SYS_exit_group, 9);
	}
	waitpid(pid, &status, 0);
	printf("options %ld\n", (long)ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT | PTRACE_O_TRACESYSGOOD));
	show(pid);
	int shown = 0;
	for (int step = 0; step < 40; step++) {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		waitpid(pid, &status, 0);
		if (!WIFSTOPPED(status))
			break;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
			unsigned long message = 0;
			ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
			printf("exit event %lx\n", message);
			char path[32], name[16] = {0};
			sprintf(path, "/proc/%d/comm", pid);
			printf("still there %d\n", access(path, F_OK) == 0 && kill(pid, 0) == 0);
			(void)name;
			show(pid);
			continue;
		}
		struct information info;
		ptrace(GET_CALL, pid, sizeof info, &info);
		shown |= info.op == 1 && info.entry.nr == SYS_getpid;
		if (shown)
			show(pid);
	}
	printf("ended %d %d\n", WIFEXITED(status), WEXITSTATUS(status));
	return 0;
}
