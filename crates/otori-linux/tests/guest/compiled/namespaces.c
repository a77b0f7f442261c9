/* Name spaces of mounts: who shares one, how to go back to one, and what is none. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *space(int pid)
{
	static char text[2][64];
	static int which;
	char path[32], *out = text[which++ & 1];
	sprintf(path, "/proc/%d/ns/mnt", pid);
	ssize_t n = readlink(path, out, 63);
	out[n < 0 ? 0 : n] = 0;
	return out;
}
static void join(const char *name, int fd, int kind)
{
	int done = setns(fd, kind);
	printf("%s: %s\n", name, done ? strerror(errno) : "ok");
}

int main(void)
{
	char before[64];
	struct stat opened;
	setvbuf(stdout, NULL, _IOLBF, 0);
	strcpy(before, space(getpid()));
	printf("form %d\n", strncmp(before, "mnt:[", 5) == 0 && strtoul(before + 5, NULL, 10) >= 4026531840);
	int home = open("/proc/self/ns/mnt", O_RDONLY);
	fstat(home, &opened);
	printf("opened %d regular %d mode %o number %d\n", home >= 0, S_ISREG(opened.st_mode), opened.st_mode & 07777,
	       opened.st_ino == strtoul(before + 5, NULL, 10));
	int wrong = open("/proc/self/ns/mnt", O_RDWR);
	printf("for writing: %s\n", wrong < 0 ? strerror(errno) : "ok");
	char byte;
	printf("read: %s\n", read(home, &byte, 1) < 0 ? strerror(errno) : "ok");

	if (unshare(CLONE_NEWNS))
		return 1;
	printf("another %d\n", strcmp(before, space(getpid())) != 0);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mkdir("/var/otori-ns", 0755);
	mount("none", "/var/otori-ns", "tmpfs", 0, "");
	close(creat("/var/otori-ns/inside", 0600));
	int inner = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	pid_t child = fork();
	if (child == 0) {
		printf("inherited %d\n", strcmp(space(getpid()), space(getppid())) == 0);
		printf("sees %d\n", access("/var/otori-ns/inside", F_OK) == 0);
		join("home by another kind", home, CLONE_NEWUTS);
		join("home", home, CLONE_NEWNS);
		printf("same as before %d, sees %d\n", strcmp(before, space(getpid())) == 0,
		       access("/var/otori-ns/inside", F_OK) == 0);
		char cwd[64];
		printf("stands at %s\n", getcwd(cwd, sizeof cwd) ? cwd : "?");
		join("inner", inner, 0);
		printf("sees %d\n", access("/var/otori-ns/inside", F_OK) == 0);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	/* the name space lives as long as somebody has it open */
	join("home", home, 0);
	printf("sees %d\n", access("/var/otori-ns/inside", F_OK) == 0);
	join("inner", inner, 0);
	printf("sees %d\n", access("/var/otori-ns/inside", F_OK) == 0);
	join("home", home, 0);
	join("no name space", open("/dev/null", O_RDONLY), 0);
	join("closed", 99, 0);
	int process = syscall(SYS_pidfd_open, getpid(), 0);
	join("kind of nothing", process, 0);
	if (setresuid(1000, 1000, 1000))
		return 1;
	join("without a privilege", home, 0);
	printf("unshare: %s\n", unshare(CLONE_NEWNS) ? strerror(errno) : "ok");
	return 0;
}
