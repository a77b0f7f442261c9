/* Binds, moves, lazy unmounting, pivot_root and mount name spaces, as root of a name space of one's own. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("put %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void show(const char *path)
{
	char text[64] = {0};
	int fd = open(path, O_RDONLY);
	if (fd < 0) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	int n = read(fd, text, sizeof text - 1);
	close(fd);
	printf("%s: %.*s\n", path, n, text);
}

static void say(const char *what, int result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

/* lines of the mount table that name a path below the folder of this test */
static void table(const char *file)
{
	char line[512];
	FILE *in = fopen(file, "r");
	while (in && fgets(line, sizeof line, in)) {
		char *words[8], *rest = line;
		int n = 0;
		while (n < 8 && (words[n] = strsep(&rest, " ")))
			n++;
		int info = strstr(file, "info") != NULL;
		if (n > 4 && strstr(words[info ? 4 : 1], "/tmp/mt/"))
			printf("%s %s\n", info ? words[3] : words[2], words[info ? 4 : 1]);
	}
	if (in)
		fclose(in);
}

int main(void)
{
	struct stat a, b;
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/tmp/mt", 0755);
	say("tmpfs", mount("none", "/tmp/mt", "tmpfs", 0, ""));
	chdir("/");
	mkdir("/tmp/mt/from", 0755), mkdir("/tmp/mt/from/deep", 0755), mkdir("/tmp/mt/to", 0755);
	put("/tmp/mt/from/a", "first"), put("/tmp/mt/to/b", "hidden");

	say("bind", mount("/tmp/mt/from", "/tmp/mt/to", NULL, MS_BIND, NULL));
	show("/tmp/mt/to/a"), show("/tmp/mt/to/b");
	put("/tmp/mt/to/a", "second"), show("/tmp/mt/from/a");
	stat("/tmp/mt/from/a", &a), stat("/tmp/mt/to/a", &b);
	printf("same file %d\n", a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	chdir("/tmp/mt/to/deep");
	char cwd[256];
	printf("cwd %s\n", getcwd(cwd, sizeof cwd));
	chdir("../..");
	printf("cwd %s\n", getcwd(cwd, sizeof cwd));
	chdir("/");
	say("rename across", rename("/tmp/mt/to/a", "/tmp/mt/from/c"));
	say("link across", link("/tmp/mt/from/a", "/tmp/mt/to/c"));
	say("rmdir covered", rmdir("/tmp/mt/to"));
	table("/proc/self/mounts"), table("/proc/self/mountinfo");

	/* locks are of the file, not of the way to it */
	int one = open("/tmp/mt/from/a", O_RDWR), two = open("/tmp/mt/to/a", O_RDWR);
	say("flock", flock(one, LOCK_EX | LOCK_NB)), say("flock", flock(two, LOCK_EX | LOCK_NB));
	say("busy", umount("/tmp/mt/to"));
	close(one), close(two);

	say("remount", mount(NULL, "/tmp/mt/to", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	say("write", open("/tmp/mt/to/n", O_WRONLY | O_CREAT, 0600));
	say("write", open("/tmp/mt/from/n", O_WRONLY | O_CREAT, 0600) < 0 ? -1 : 0);

	put("/tmp/mt/x", "over"), put("/tmp/mt/y", "under");
	say("bind file", mount("/tmp/mt/x", "/tmp/mt/y", NULL, MS_BIND, NULL));
	show("/tmp/mt/y");
	say("bind file on folder", mount("/tmp/mt/x", "/tmp/mt/from", NULL, MS_BIND, NULL));
	say("unlink", unlink("/tmp/mt/y"));
	say("move", mount("/tmp/mt/y", "/tmp/mt/x", NULL, MS_MOVE, NULL));
	show("/tmp/mt/x"), show("/tmp/mt/y");
	say("move what is none", mount("/tmp/mt/from", "/tmp/mt/to", NULL, MS_MOVE, NULL));
	say("umount", umount("/tmp/mt/x")), say("umount", umount("/tmp/mt/x"));

	/* with what is mounted below */
	mkdir("/tmp/mt/all", 0755);
	say("inner", mount("none", "/tmp/mt/from/deep", "tmpfs", 0, ""));
	put("/tmp/mt/from/deep/in", "inner");
	say("rbind", mount("/tmp/mt/from", "/tmp/mt/all", NULL, MS_BIND | MS_REC, NULL));
	show("/tmp/mt/all/deep/in"), show("/tmp/mt/to/deep/in");
	table("/proc/self/mounts");

	/* out of sight, still open */
	int kept = open("/tmp/mt/all/deep/in", O_RDONLY);
	say("lazy", umount2("/tmp/mt/all", MNT_DETACH));
	char text[16] = {0};
	printf("kept %zd %s\n", read(kept, text, 15), text);
	close(kept);
	show("/tmp/mt/all/a");

	/* a name space of a child's own */
	if (fork() == 0) {
		say("unshare", unshare(CLONE_NEWNS));
		say("private", mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
		say("mount", mount("none", "/tmp/mt/all", "tmpfs", 0, ""));
		put("/tmp/mt/all/own", "own"), show("/tmp/mt/all/own");
		put("/tmp/mt/from/both", "both");
		mkdir("/tmp/mt/all/old", 0755);
		say("pivot", syscall(SYS_pivot_root, "/tmp/mt/all", "/tmp/mt/all/old"));
		chdir("/");
		show("/own"), show("/old/tmp/mt/from/both");
		say("gone", access("/tmp", F_OK));
		printf("cwd %s\n", getcwd(cwd, sizeof cwd));
		say("old off", umount2("/old", MNT_DETACH));
		say("empty", access("/old/tmp", F_OK));
		fflush(stdout);
		_exit(0);
	}
	int status;
	wait(&status);
	show("/tmp/mt/all/own"), show("/tmp/mt/from/both");
	say("with a shared place", syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | 17, 0, 0, 0, 0));
	say("umount", umount("/tmp/mt")), say("lazy", umount2("/tmp/mt", MNT_DETACH));
	say("gone", access("/tmp/mt/from", F_OK));
	say("no mount", umount("/tmp/mt"));
	return 0;
}
