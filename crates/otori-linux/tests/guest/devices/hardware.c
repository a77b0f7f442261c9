/* The real time clock and a key, as include/uapi/linux/rtc.h and input.h have them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <linux/rtc.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

static void clock_of(int fd)
{
	struct rtc_time t;
	memset(&t, 0xee, sizeof t);
	int done = ioctl(fd, RTC_RD_TIME, &t);
	printf("time: %s %d-%02d-%02d %02d:%02d day %d of week, %d of year, summer %d\n", done ? strerror(errno) : "ok",
	       t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_wday, t.tm_yday, t.tm_isdst);
}

int main(void)
{
	int fd = open("/dev/rtc", O_RDWR);
	printf("clock %d\n", fd >= 0);
	clock_of(fd);
	struct timeval moved = {1000000000, 0};
	printf("set the system's clock %d\n", settimeofday(&moved, NULL));
	clock_of(fd);
	struct rtc_time t = {.tm_year = 124, .tm_mon = 1, .tm_mday = 29, .tm_hour = 23, .tm_min = 59, .tm_sec = 58};
	printf("set %d\n", ioctl(fd, RTC_SET_TIME, &t));
	sleep(3);
	clock_of(fd);
	t.tm_mday = 30;
	printf("no such day: %s\n", ioctl(fd, RTC_SET_TIME, &t) ? strerror(errno) : "ok");
	printf("alarm: %s\n", ioctl(fd, RTC_AIE_ON, 0) ? strerror(errno) : "ok");
	printf("another: %s\n", ioctl(fd, 0x5401, &t) ? strerror(errno) : "ok");

	int key = open("/dev/input/event0", O_RDONLY | O_NONBLOCK);
	char name[64] = {0}, event[64];
	unsigned long keys[KEY_MAX / 8 / sizeof(long) + 1], kinds = 0;
	int version = 0;
	struct input_id id;
	memset(keys, 0, sizeof keys);
	printf("version %d", ioctl(key, EVIOCGVERSION, &version));
	printf(" %x\n", version);
	ioctl(key, EVIOCGID, &id);
	printf("bus %x\n", id.bustype);
	int length = ioctl(key, EVIOCGNAME(sizeof name), name);
	printf("name %d %s\n", length, name);
	length = ioctl(key, EVIOCGNAME(4), name);
	printf("short %d\n", length);
	ioctl(key, EVIOCGBIT(0, sizeof kinds), &kinds);
	ioctl(key, EVIOCGBIT(EV_KEY, sizeof keys), keys);
	printf("kinds %lx restart %d wps %d\n", kinds, (int)(keys[KEY_RESTART / 8 / sizeof(long)] >> KEY_RESTART % (8 * sizeof(long)) & 1),
	       (int)(keys[KEY_WPS_BUTTON / 8 / sizeof(long)] >> KEY_WPS_BUTTON % (8 * sizeof(long)) & 1));
	printf("read: %s\n", read(key, event, sizeof event) < 0 ? strerror(errno) : "some");
	printf("no more: %s\n", open("/dev/input/event1", O_RDONLY) < 0 ? strerror(errno) : "ok");
	return 0;
}
