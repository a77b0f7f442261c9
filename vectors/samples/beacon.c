/* A harmless stand-in for a bot: prints, forks, touches one file in /tmp, calls one documentation address. */
#include "linux_mips.h"

static const char path[] = "/tmp/otori-sample";

static int sample(void)
{
	int child, fd;

	say(1, "otori sample: begin\n");
	child = call(CALL_FORK, 0, 0, 0, 0);
	if (child == 0) {
		fd = call(CALL_OPEN, (int)path, O_WRONLY_CREAT, 0600, 0);
		say(fd, "otori sample was here\n");
		call(CALL_CLOSE, fd, 0, 0, 0);
		call(CALL_UNLINK, (int)path, 0, 0, 0);
		return 0;
	}
	call(CALL_WAIT4, child, 0, 0, 0);
	fd = reach(SOCK_STREAM, 198, 51, 100, 44, 4444);
	if (fd >= 0) {
		say(fd, "otori-sample hello\n");
		call(CALL_CLOSE, fd, 0, 0, 0);
	}
	say(1, "otori sample: end\n");
	return 0;
}
