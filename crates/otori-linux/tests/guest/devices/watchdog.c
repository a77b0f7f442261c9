/* The watchdog: its requests, then as the argument says: fed and closed with the letter V, or left alone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void say(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

int main(int count, char **words)
{
	struct watchdog_info info;
	int number = 0, fd = open("/dev/watchdog", O_WRONLY);
	setvbuf(stdout, NULL, _IOLBF, 0);
	say("open", fd);
	say("again", open("/dev/watchdog", O_WRONLY));
	say("support", ioctl(fd, WDIOC_GETSUPPORT, &info));
	printf("%s %x\n", info.identity, info.options);
	say("timeout", ioctl(fd, WDIOC_GETTIMEOUT, &number));
	printf("%d\n", number);
	number = 0;
	say("no time", ioctl(fd, WDIOC_SETTIMEOUT, &number));
	number = 100;
	say("set", ioctl(fd, WDIOC_SETTIMEOUT, &number));
	sleep(30);
	say("left", ioctl(fd, WDIOC_GETTIMELEFT, &number));
	printf("%d\n", number);
	say("feed", ioctl(fd, WDIOC_KEEPALIVE, 0));
	sleep(90);
	say("left", ioctl(fd, WDIOC_GETTIMELEFT, &number));
	printf("%d\n", number);
	if (count > 1 && strcmp(words[1], "close") == 0) {
		say("magic", write(fd, "V", 1));
		close(fd);
	}
	sleep(200);
	return 0;
}
