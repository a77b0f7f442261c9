/* Holes: what a file takes, where its data is, ranges that go and come. /var is ext4, /dev is kept in memory.
   What is read of a hole is dropped again, as Linux takes it for data while it is cached. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void show(int fd, const char *name)
{
	struct stat st;
	fsync(fd);
	fstat(fd, &st);
	printf("%-10s size %lld", name, (long long)st.st_size);
	if (*name != '-') /* ext4 counts the blocks of its own tree too, once it needs one */
		printf(" blocks %lld", (long long)st.st_blocks);
	printf(":");
	off_t at = 0;
	for (int round = 0; round < 20; round++) {
		off_t data = lseek(fd, at, SEEK_DATA);
		if (data < 0)
			break;
		off_t hole = lseek(fd, data, SEEK_HOLE);
		printf(" %lld-%lld", (long long)data, (long long)hole);
		at = hole;
	}
	off_t past = lseek(fd, st.st_size, SEEK_DATA);
	printf(" past %s %d\n", past < 0 ? strerror(errno) : "some", lseek(fd, -1, SEEK_HOLE) < 0);
}

static void fall(int fd, int mode, off_t at, off_t length)
{
	int done = fallocate(fd, mode, at, length);
	printf("fallocate %x %lld %lld: %s\n", mode, (long long)at, (long long)length, done ? strerror(errno) : "ok");
}

static void sum(int fd)
{
	unsigned char buffer[65536];
	ssize_t n = pread(fd, buffer, sizeof buffer, 0);
	unsigned value = 0;
	for (ssize_t i = 0; i < n; i++)
		value = value * 31 + buffer[i];
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	printf("sum %x of %zd\n", value, n);
}

static void round_of(const char *path, int extents)
{
	char block[8192];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	printf("== %s %d\n", extents ? "ext4" : "memory", fd >= 0);
	show(fd, "empty");
	if (ftruncate(fd, 100000))
		return;
	show(fd, "truncated");
	memset(block, 'a', sizeof block);
	pwrite(fd, block, 5000, 20000);
	show(fd, "written");
	pwrite(fd, block, 1, 300000);
	show(fd, "far");
	pwrite(fd, block, 8192, 40960);
	show(fd, "aligned");
	fall(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 21000, 4000);
	show(fd, "punched");
	fall(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 40000, 9152);
	show(fd, "punched");
	sum(fd);
	fall(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096);
	fall(fd, 0, 0, 8192);
	show(fd, "reserved");
	fall(fd, FALLOC_FL_KEEP_SIZE, 303104, 8192);
	show(fd, "beyond");
	fall(fd, 0, 311296, 10000);
	show(fd, "-longer");
	fall(fd, 0, -1, 5);
	fall(fd, 0, 5, 0);
	fall(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4096);
	if (ftruncate(fd, 22000))
		return;
	show(fd, "-shorter");
	sum(fd);
	pwrite(fd, block, 8192, 0);
	pwrite(fd, block, 8192, 32768);
	show(fd, "-more");
	fall(fd, FALLOC_FL_ZERO_RANGE, 1000, 8000);
	show(fd, "-zeroed");
	fall(fd, FALLOC_FL_ZERO_RANGE, 32768, 20000);
	show(fd, "-zeroed");
	sum(fd);
	fall(fd, FALLOC_FL_COLLAPSE_RANGE, 4096, 100);
	fall(fd, FALLOC_FL_COLLAPSE_RANGE, 4096, 16384);
	show(fd, "-collapsed");
	sum(fd);
	fall(fd, FALLOC_FL_INSERT_RANGE, 4096, 8192);
	show(fd, "-inserted");
	sum(fd);
	fall(fd, FALLOC_FL_INSERT_RANGE, 1 << 20, 8192);
	/* a mapping that stores into one page fills one hole */
	if (ftruncate(fd, 0) || ftruncate(fd, 65536))
		return;
	char *mapped = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	mapped[20480] = 'm';
	msync(mapped, 65536, MS_SYNC);
	munmap(mapped, 65536);
	show(fd, "mapped");
	close(fd);
	fd = open(path, O_RDONLY);
	fall(fd, 0, 0, 10);
	close(fd);
	unlink(path);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	round_of("/var/otori-sparse", 1);
	round_of("/dev/otori-sparse", 0);
	int pipes[2];
	if (pipe(pipes) == 0)
		fall(pipes[1], 0, 0, 10);
	int fd = open("/var", O_RDONLY | O_DIRECTORY);
	fall(fd, 0, 0, 10);
	fall(99, 0, 0, 10);
	fd = open("/dev/null", O_WRONLY);
	fall(fd, 0, 0, 10);
	fd = memfd_create("sealed", MFD_ALLOW_SEALING);
	if (ftruncate(fd, 8192))
		return 1;
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
	fall(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
	fcntl(fd, F_ADD_SEALS, F_SEAL_GROW);
	fall(fd, 0, 0, 10000);
	fall(fd, FALLOC_FL_KEEP_SIZE, 0, 8192);
	show(fd, "memory");
	return 0;
}
