/* /proc of a process and of the machine: memory, locks, settings of interfaces. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char secret[32] = "in memory";
static const char fixed[16] = "constant";

static void say(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

static void show(const char *path)
{
	char text[256] = {0};
	int fd = open(path, O_RDONLY);
	int n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	printf("%s: %s\n", path, n < 0 ? strerror(errno) : text);
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	char text[64] = {0};
	setvbuf(stdout, NULL, _IOLBF, 0);

	/* its own memory, and that of a child */
	int fd = open("/proc/self/mem", O_RDWR);
	say("open", fd);
	printf("%zd %s\n", pread(fd, text, 10, (uintptr_t)secret), text);
	printf("%zd\n", pwrite(fd, "IN", 2, (uintptr_t)secret));
	printf("%s\n", secret);
	printf("%zd\n", pwrite(fd, "C", 1, (uintptr_t)fixed));
	printf("%s\n", (char *)(uintptr_t)fixed);
	say("nothing there", pread(fd, text, 8, 0x10));
	lseek(fd, (uintptr_t)secret + 3, SEEK_SET);
	memset(text, 0, sizeof text);
	printf("%zd %s\n", read(fd, text, 6), text);
	close(fd);
	int done[2];
	pipe(done);
	int pid = fork();
	if (pid == 0) {
		strcpy(secret, "of the child");
		write(done[1], "x", 1);
		pause();
	}
	read(done[0], text, 1);
	char path[64];
	sprintf(path, "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY);
	memset(text, 0, sizeof text);
	printf("%zd %s\n", pread(fd, text, 13, (uintptr_t)secret), text);
	kill(pid, 9), waitpid(pid, NULL, 0);
	printf("%zd\n", pread(fd, text, 13, (uintptr_t)secret));
	close(fd);

	/* which pages are there */
	char *area = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	area[0] = 1;
	uint64_t entries[2] = {0, 0};
	fd = open("/proc/self/pagemap", O_RDONLY);
	printf("%zd\n", pread(fd, entries, 8, (uintptr_t)area / 4096 * 8));
	printf("present %d file %d\n", (int)(entries[0] >> 63), (int)(entries[0] >> 61 & 1));
	say("odd size", pread(fd, entries, 7, 0));
	say("odd place", pread(fd, entries, 8, 4));
	munmap(area, 3 * 4096);
	pread(fd, entries, 8, (uintptr_t)area / 4096 * 8);
	printf("gone %d\n", (int)(entries[0] >> 63));
	close(fd);

	/* locks */
	int one = open("/tmp/locked", O_RDWR | O_CREAT, 0600);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
	say("lock", fcntl(one, F_SETLK, &lock));
	lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100};
	say("lock", fcntl(one, F_SETLK, &lock));
	say("flock", flock(one, LOCK_EX));
	FILE *in = fopen("/proc/locks", "r");
	char line[128], kind[16], mode[16], how[16], file[32], first[24], last[24];
	int number, owner;
	char found[4][80];
	int n = 0;
	while (in && n < 4 && fgets(line, sizeof line, in))
		if (sscanf(line, "%d: %15s %15s %15s %d %31s %23s %23s", &number, kind, how, mode, &owner, file, first,
			   last) == 8 && owner == getpid())
			sprintf(found[n++], "%s %s %s %s %s", kind, how, mode, first, last);
	qsort(found, n, sizeof found[0], (int (*)(const void *, const void *))strcmp);
	for (int i = 0; i < n; i++)
		puts(found[i]);
	if (in)
		fclose(in);

	/* small files */
	personality(0x0040000);
	show("/proc/self/personality");
	show("/proc/self/loginuid");
	prctl(PR_SET_TIMERSLACK, 12345);
	show("/proc/self/timerslack_ns");
	show("/proc/net/mcfilter");
	show("/proc/sys/net/ipv4/conf/lo/forwarding");
	show("/proc/sys/net/ipv4/neigh/lo/ucast_solicit");
	fd = open("/proc/sys/net/ipv4/conf/lo/arp_ignore", O_WRONLY);
	say("set", write(fd, "2\n", 2));
	close(fd);
	show("/proc/sys/net/ipv4/conf/lo/arp_ignore");
	show("/proc/sys/net/ipv4/conf/all/arp_ignore");
	show("/proc/sys/net/ipv4/conf/none/arp_ignore");
	chdir("/proc/sys/net/ipv4/conf/lo"), chdir("..");
	show("all/rp_filter");
	return 0;
}
