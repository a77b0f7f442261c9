/* Several messages by one call: how long it waits for them, and what ends it. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int ends[2];
static char bytes[4][16];
static struct iovec vectors[4];
static struct mmsghdr messages[4];

static void nothing(int signal)
{
	(void)signal;
}

static void pause_ms(int ms)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&time, NULL);
}

/* a child that sends so many messages, that far apart, and then maybe a signal */
static int sender(int count, int apart_ms, int signal)
{
	int pid = fork();
	if (pid == 0) {
		for (int i = 0; i < count; i++) {
			pause_ms(apart_ms);
			if (send(ends[1], "message", 3 + i, 0) < 0)
				_exit(1);
		}
		pause_ms(apart_ms);
		if (signal)
			kill(getppid(), signal);
		_exit(0);
	}
	return pid;
}

static void receive(const char *what, int count, int flags, struct timespec *timeout)
{
	for (int i = 0; i < 4; i++) {
		vectors[i] = (struct iovec){bytes[i], sizeof bytes[i]};
		memset(&messages[i], 0, sizeof messages[i]);
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	int got = recvmmsg(ends[0], messages, count, flags, timeout);
	printf("%s: %d %s", what, got, got < 0 ? strerror(errno) : "");
	for (int i = 0; i < got; i++)
		printf(" %d", messages[i].msg_len);
	puts("");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
	receive("none", 4, MSG_DONTWAIT, NULL);
	struct timespec time = {0, 2000000000};
	receive("wrong time", 4, MSG_DONTWAIT, &time);

	sender(3, 20, 0);
	receive("all", 3, 0, NULL);
	wait(NULL);
	sender(3, 20, 0);
	receive("one", 3, MSG_WAITFORONE, NULL);
	wait(NULL);
	receive("rest", 3, MSG_DONTWAIT, NULL);

	sender(3, 100, 0);
	time = (struct timespec){0, 150000000};
	receive("timeout", 3, 0, &time);
	printf("left %d %d\n", (int)time.tv_sec, (int)time.tv_nsec);
	wait(NULL);
	receive("rest", 3, MSG_DONTWAIT, NULL);
	sender(2, 20, 0);
	time = (struct timespec){100, 0};
	receive("in time", 2, 0, &time);
	printf("left %d\n", (int)time.tv_sec);
	wait(NULL);

	struct sigaction action = {.sa_handler = nothing};
	sigaction(SIGUSR1, &action, NULL);
	sender(0, 50, SIGUSR1);
	receive("signal", 2, 0, NULL);
	wait(NULL);
	sender(1, 50, SIGUSR1);
	receive("signal behind one", 2, 0, NULL);
	wait(NULL);
	close(ends[1]);
	return 0;
}
