/* openat2: how large its structure is, and where a path may lead; statx, renameat2 and close_range beside it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int top;

static int try(const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
	int fd = syscall(SYS_openat2, top, path, &how, sizeof how);
	char real[64], target[256] = {0};
	if (fd >= 0) {
		sprintf(real, "/proc/self/fd/%d", fd);
		if (readlink(real, target, sizeof target - 1) < 0)
			strcpy(target, "?");
		close(fd);
	}
	printf("%-18s %llx: %s\n", path, (unsigned long long)resolve, fd < 0 ? strerror(errno) : target);
	return fd;
}

static void sizes(void)
{
	char room[8192] = {0};
	struct open_how how = {.flags = O_RDONLY};
	memcpy(room, &how, sizeof how);
	long sizes[] = {0, 8, 23, 24, 25, 32, 4096, 4097};
	for (int which = 0; which < 8; which++) {
		long fd = syscall(SYS_openat2, top, "file", room, sizes[which]);
		printf("size %ld: %s\n", sizes[which], fd < 0 ? strerror(errno) : "ok");
		if (fd >= 0)
			close(fd);
	}
	room[30] = 1;
	long fd = syscall(SYS_openat2, top, "file", room, 32);
	printf("filled: %s\n", fd < 0 ? strerror(errno) : "ok");
	fd = syscall(SYS_openat2, top, "file", NULL, 24);
	printf("nowhere: %s\n", fd < 0 ? strerror(errno) : "ok");
}

static void wrong(void)
{
	try("file", O_RDONLY | 1ULL << 33, 0, 0);
	try("file", O_RDONLY | 1ULL << 31, 0, 0);
	try("file", O_RDONLY, 0644, 0);
	try("new", O_WRONLY | O_CREAT, 0170644, 0);
	try("file", O_RDONLY, 0, 0x40);
	try("file", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT);
	try("file", O_PATH | O_RDWR, 0, 0);
	try("file", O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, 0);
	try("inner", O_TMPFILE & ~O_DIRECTORY, 0, 0);
	try("inner", O_TMPFILE, 0600, 0);
	try("file", O_RDWR | O_TRUNC, 0, RESOLVE_CACHED);
	try("missing", O_RDONLY, 0, 0);
	try("new", O_WRONLY | O_CREAT | O_EXCL, 0640, 0);
	try("new", O_WRONLY | O_CREAT | O_EXCL, 0640, 0);
	try("", O_RDONLY, 0, 0);
}

static void scopes(void)
{
	static const char *paths[] = {"file", "inner/../file", "inner/../../top/file", "../top/file", "/etc/passwd",
		"/file", "away", "near", "up", "inner/back", "magic", "mounted/x", "mounted/../file", "loop", "near/"};
	static const uint64_t rules[] = {0, RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS,
		RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_BENEATH | RESOLVE_NO_XDEV, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS};
	for (unsigned rule = 0; rule < sizeof rules / sizeof *rules; rule++)
		for (unsigned which = 0; which < sizeof paths / sizeof *paths; which++)
			try(paths[which], O_RDONLY, 0, rules[rule]);
	try("near", O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS);
	try("near", O_RDONLY | O_NOFOLLOW, 0, 0);
	try("made", O_WRONLY | O_CREAT, 0600, RESOLVE_IN_ROOT);
	try("../outside", O_WRONLY | O_CREAT, 0600, RESOLVE_BENEATH);
}

static void xstat(void)
{
	struct statx st;
	memset(&st, 0xee, sizeof st);
	int done = statx(top, "file", 0, STATX_BASIC_STATS | STATX_BTIME | 0x1000, &st);
	printf("statx %d basic %d birth %d mount %d mode %o size %d root %d\n", done, (st.stx_mask & 0x7ff) == 0x7ff,
	       (st.stx_mask & 0x800) != 0, (st.stx_mask & 0x1000) != 0, st.stx_mode, (int)st.stx_size,
	       (st.stx_attributes & 0x2000) != 0);
	printf("knows of roots %d, born in time %d, blocks %d of %d\n", (st.stx_attributes_mask & 0x2000) != 0,
	       st.stx_btime.tv_sec <= st.stx_ctime.tv_sec && st.stx_btime.tv_sec + 9 > st.stx_ctime.tv_sec,
	       (int)st.stx_blocks, (int)st.stx_blksize);
	struct stat plain;
	fstatat(top, "file", &plain, 0);
	printf("same device %d inode %d\n", makedev(st.stx_dev_major, st.stx_dev_minor) == plain.st_dev,
	       st.stx_ino == plain.st_ino);
	statx(AT_FDCWD, "/proc", 0, STATX_BASIC_STATS, &st);
	printf("root of a mount %d\n", (st.stx_attributes & 0x2000) != 0);
	printf("sync %d\n", statx(top, "file", AT_STATX_FORCE_SYNC, 0x7ff, &st));
	printf("both %s\n", statx(top, "file", 0x6000, 0x7ff, &st) ? strerror(errno) : "ok");
	printf("flags %s\n", statx(top, "file", 0x10000, 0x7ff, &st) ? strerror(errno) : "ok");
	printf("mask %s\n", statx(top, "file", 0, 0x80000000, &st) ? strerror(errno) : "ok");
	printf("itself %d\n", statx(top, "", AT_EMPTY_PATH, 0x7ff, &st));
	printf("nothing %s\n", statx(top, "", 0, 0x7ff, &st) ? strerror(errno) : "ok");
}

static void *close_alone(void *argument)
{
	int fd = *(int *)argument;
	long done = syscall(SYS_close_range, fd, fd, 2);
	printf("alone %ld, gone %d\n", done, fcntl(fd, F_GETFD) < 0);
	return NULL;
}

static void rest(void)
{
	struct stat st;
	int done = syscall(SYS_renameat2, top, "new", top, "moved", 4);
	fstatat(top, "new", &st, AT_SYMLINK_NOFOLLOW);
	printf("whiteout %d: character %d device %d mode %o\n", done, S_ISCHR(st.st_mode), (int)st.st_rdev,
	       st.st_mode & 07777);
	done = syscall(SYS_renameat2, top, "moved", top, "file", 4 | 2);
	printf("whiteout and exchange: %s\n", done ? strerror(errno) : "ok");
	done = syscall(SYS_renameat2, top, "moved", top, "file", 1);
	printf("kept: %s\n", done ? strerror(errno) : "ok");
	done = syscall(SYS_renameat2, top, "moved", top, "fresh", 4 | 1);
	fstatat(top, "moved", &st, AT_SYMLINK_NOFOLLOW);
	printf("whiteout where nothing was: %s %d\n", done ? strerror(errno) : "ok", S_ISCHR(st.st_mode));
	done = syscall(SYS_renameat2, top, "fresh", top, "file", 8);
	printf("unknown: %s\n", done ? strerror(errno) : "ok");
	int fd = open("/dev/null", O_RDONLY);
	pthread_t thread;
	pthread_create(&thread, NULL, close_alone, &fd);
	pthread_join(thread, NULL);
	printf("still here %d\n", fcntl(fd, F_GETFD) >= 0);
	printf("mark %ld", syscall(SYS_close_range, fd, ~0U, 4));
	printf(" flag %d\n", fcntl(fd, F_GETFD));
	printf("wrong %s\n", syscall(SYS_close_range, fd, ~0U, 8) ? strerror(errno) : "ok");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(022);
	mkdir("/var/otori", 0755);
	mkdir("/var/otori/top", 0755);
	if (chdir("/var/otori/top"))
		return 1;
	top = open(".", O_RDONLY | O_DIRECTORY);
	mkdir("inner", 0755);
	mkdir("mounted", 0755);
	if (mount("none", "mounted", "tmpfs", 0, ""))
		return 2;
	close(creat("mounted/x", 0644));
	int fd = creat("file", 0644);
	if (write(fd, "hello", 5) != 5)
		return 3;
	fsync(fd);
	close(fd);
	if (symlink("/var/otori/top/file", "away") || symlink("file", "near") || symlink("../top/file", "up") ||
	    symlink("../near", "inner/back") || symlink("/proc/self/cwd/file", "magic") || symlink("loop", "loop"))
		return 4;
	sizes();
	wrong();
	scopes();
	xstat();
	rest();
	umount("mounted");
	return 0;
}
