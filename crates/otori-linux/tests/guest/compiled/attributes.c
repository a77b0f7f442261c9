/* Extended attributes: who may, what is where, how long. /var is ext4, /dev is kept in memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *said(long done)
{
	static char text[4][64];
	static int which;
	char *out = text[which++ & 3];
	if (done < 0)
		snprintf(out, 64, "%s", strerror(errno));
	else
		snprintf(out, 64, "%ld", done);
	return out;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}
static void list(const char *path)
{
	char names[4096], *found[32];
	ssize_t n = listxattr(path, names, sizeof names);
	int count = 0;
	for (char *at = names; n > 0 && at < names + n; at += strlen(at) + 1)
		if (strcmp(at, "security.selinux"))
			found[count++] = at;
	qsort(found, count, sizeof *found, by_name);
	printf("list:");
	for (int i = 0; i < count; i++)
		printf(" %s", found[i]);
	printf(" (%s)\n", n < 0 ? strerror(errno) : "ok");
}
static void get(const char *path, const char *name)
{
	char value[64] = {0};
	ssize_t n = getxattr(path, name, value, sizeof value - 1);
	printf("get %s: %s %s\n", name, said(n), n > 0 ? value : "");
}
static void set(const char *path, const char *name, const char *value, int flags)
{
	printf("set %s %d: %s\n", name, flags, said(setxattr(path, name, value, strlen(value), flags)));
}
static void rest(const char *path)
{
	char value[64], large[70000], name[300] = "trusted.";
	printf("size %s", said(getxattr(path, "trusted.a", NULL, 0)));
	printf(" small %s", said(getxattr(path, "trusted.a", value, 2)));
	printf(" exact %s\n", said(getxattr(path, "trusted.a", value, 5)));
	printf("list size %s", said(listxattr(path, NULL, 0) > 0));
	printf(" small %s\n", said(listxattr(path, value, 3)));
	memset(large, 'x', sizeof large);
	printf("too large %s\n", said(setxattr(path, "trusted.l", large, 65537, 0)));
	printf("large %s\n", said(setxattr(path, "trusted.l", large, 3000, 0)));
	printf("wrong flags %s\n", said(setxattr(path, "trusted.l", large, 3, 8)));
	memset(name + 8, 'n', 260);
	name[255] = 0;
	printf("name of 255 %s\n", said(setxattr(path, name, "v", 1, 0)));
	name[255] = 'n';
	printf("name of 256 %s", said(setxattr(path, name, "v", 1, 0)));
	printf(" empty %s\n", said(setxattr(path, "", "v", 1, 0)));
	set(path, "trusted.", "v", 0);
	set(path, "other.a", "v", 0);
	set(path, "nodot", "v", 0);
	set(path, "/nowhere", "v", 0);
	name[255] = 0;
	printf("remove %s", said(removexattr(path, name)));
	printf(" again %s\n", said(removexattr(path, name)));
	removexattr(path, "trusted.l");
	list(path);
}
static void round_of(const char *path)
{
	struct stat before, after;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	printf("== %d\n", fd >= 0);
	list(path);
	get(path, "trusted.a");
	set(path, "trusted.a", "first", XATTR_CREATE);
	set(path, "trusted.a", "again", XATTR_CREATE);
	set(path, "trusted.b", "none", XATTR_REPLACE);
	set(path, "trusted.a", "other", XATTR_REPLACE);
	set(path, "security.own", "s", 0);
	set(path, "trusted.empty", "", 0);
	get(path, "trusted.empty");
	get(path, "trusted.a");
	printf("by descriptor %s", said(fsetxattr(fd, "trusted.fd", "fd", 2, 0)));
	printf(" %s\n", said(fgetxattr(fd, "trusted.fd", NULL, 0)));
	stat(path, &before);
	usleep(20000);
	fremovexattr(fd, "trusted.fd");
	stat(path, &after);
	printf("change time moves %d, content's stays %d\n",
	       before.st_ctim.tv_sec != after.st_ctim.tv_sec || before.st_ctim.tv_nsec != after.st_ctim.tv_nsec,
	       before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
	rest(path);
	close(fd);
	fd = open(path, O_PATH);
	printf("O_PATH %s\n", said(fgetxattr(fd, "trusted.a", NULL, 0)));
	close(fd);
	fd = open(path, O_RDONLY);
	printf("for reading only %s\n", said(fsetxattr(fd, "trusted.r", "v", 1, 0)));
	close(fd);
}

int main(void)
{
	const char *file = "/var/otori-attr", *linked = "/var/otori-link", *second = "/var/otori-second";
	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(0);
	round_of("/dev/otori-attr");
	unlink("/dev/otori-attr");
	round_of(file);
	set(file, "user.mine", "u", 0);
	set(file, "user.", "u", 0);
	list(file);
	link(file, second);
	get(second, "user.mine");
	unlink(second);
	symlink(file, linked);
	get(linked, "user.mine");
	printf("of a link: user %s", said(lsetxattr(linked, "user.l", "v", 1, 0)));
	printf(" %s", said(lgetxattr(linked, "user.l", NULL, 0)));
	printf(" trusted %s", said(lsetxattr(linked, "trusted.l", "v", 1, 0)));
	printf(" %s\n", said(lgetxattr(linked, "trusted.l", NULL, 0)));
	mknod("/var/otori-fifo", S_IFIFO | 0666, 0);
	set("/var/otori-fifo", "user.f", "v", 0);
	get("/var/otori-fifo", "user.f");
	set("/var/otori-fifo", "trusted.f", "v", 0);
	unlink("/var/otori-fifo");
	mkdir("/var/otori-dir", 01777);
	set("/var/otori-dir", "user.d", "v", 0);
	get("/proc/self/status", "trusted.a");
	set("/proc/self/status", "trusted.a", "v", 0);
	int pipes[2];
	if (pipe(pipes))
		return 1;
	printf("pipe %s", said(fsetxattr(pipes[0], "trusted.a", "v", 1, 0)));
	printf(" %s\n", said(flistxattr(pipes[0], NULL, 0)));
	printf("closed %s\n", said(fgetxattr(99, "trusted.a", NULL, 0)));
	/* somebody else */
	chmod(file, 0644);
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return 1;
	list(file);
	get(file, "user.mine");
	get(file, "trusted.a");
	get(file, "security.own");
	set(file, "user.mine", "w", 0);
	set(file, "trusted.a", "w", 0);
	set(file, "security.own", "w", 0);
	set(file, "security.capability", "w", 0);
	char capability[20] = {0, 0, 0, 2};
	printf("capability %s\n", said(setxattr(file, "security.capability", capability, 20, 0)));
	set("/var/otori-dir", "user.d", "w", 0);
	printf("remove %s", said(removexattr(file, "user.mine")));
	printf(" %s\n", said(removexattr(file, "trusted.a")));
	return 0;
}
