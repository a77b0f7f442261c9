/* Calls on ranges with a hole: what is mapped before it, or around it, is changed, and then the hole is told of. The
   terminal settings of System V, a name that is moved to itself, and program interpreters that are none, beside it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
static sigjmp_buf back;

static void fault(int number)
{
	(void)number;
	siglongjmp(back, 1);
}

static int writes(volatile char *at)
{
	if (sigsetjmp(back, 1))
		return 0;
	*at = 1;
	return 1;
}

static void tell(const char *what, int done)
{
	printf("%s: %s\n", what, done ? strerror(errno) : "ok");
}

static void ranges(void)
{
	char *base = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* pages 0 to 2, hole, 4 to 6, hole; the holes are kept free by where they are */
	munmap(base + 3 * PAGE, PAGE);
	munmap(base + 7 * PAGE, PAGE);
	tell("mprotect", mprotect(base, 8 * PAGE, PROT_READ));
	printf("before the hole %d %d, behind it %d\n", writes(base), writes(base + 2 * PAGE), writes(base + 4 * PAGE));
	tell("mprotect of a hole", mprotect(base + 3 * PAGE, PAGE, PROT_READ));
	tell("mprotect of nothing", mprotect(base, 0, PROT_NONE));
	tell("mprotect of nothing, crooked", mprotect(base + 1, 0, PROT_NONE));
	tell("mprotect crooked", mprotect(base + 1, 1, PROT_NONE));
	tell("mprotect round the end", mprotect(base, (size_t)-PAGE, PROT_READ));
	base[4 * PAGE] = 7;
	tell("madvise", madvise(base + 2 * PAGE, 3 * PAGE, MADV_DONTNEED));
	printf("forgotten %d\n", base[4 * PAGE]);
	tell("mlock", mlock(base, 5 * PAGE));
	tell("mlock", mlock(base + 10, PAGE));
	tell("munlock", munlock(base + 2 * PAGE, 2 * PAGE));
	tell("munlock", munlock(base, 3 * PAGE));
}

static void offsets(int file)
{
	/* calls of 32 bits cannot say such an offset */
	int error = EOVERFLOW;
	if (sizeof(long) == 8) {
		errno = 0;
		void *at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, (off_t)(1ull << 63));
		error = at == MAP_FAILED ? errno : 0;
		at = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, file, (off_t)((1ull << 63) - PAGE));
		if (at != MAP_FAILED)
			error = 0;
	}
	printf("offset: %s\n", strerror(error));
}

static void settings(void)
{
	struct termio old, read_back;
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), unlocked = 0, number = 0;
	char name[32];
	ioctl(master, TIOCSPTLCK, &unlocked);
	ioctl(master, TIOCGPTN, &number);
	snprintf(name, sizeof name, "/dev/pts/%d", number);
	int line = open(name, O_RDWR | O_NOCTTY);
	tell("TCGETA", ioctl(line, TCGETA, &old));
	printf("%o %o %o %d %d\n", old.c_iflag, old.c_oflag, old.c_cflag, old.c_line, old.c_cc[0]);
	old.c_iflag |= 0x20;
	old.c_cc[1] = 'q';
	tell("TCSETA", ioctl(line, TCSETA, &old));
	ioctl(line, TCGETA, &read_back);
	printf("%o %d\n", read_back.c_iflag, read_back.c_cc[1]);
	old.c_cc[1] = 'w';
	tell("TCSETAW", ioctl(line, TCSETAW, &old));
	old.c_cc[2] = 'f';
	tell("TCSETAF", ioctl(line, TCSETAF, &old));
	ioctl(line, TCGETA, &read_back);
	printf("%d %d\n", read_back.c_cc[1], read_back.c_cc[2]);
}

/* This program as a file in which a note says that it is a path of two bytes at that place. */
static int interpreted(const char *path, unsigned long long at)
{
	static char bytes[1 << 21];
	int own = open("/proc/self/exe", O_RDONLY), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	size_t size = 0;
	ssize_t count;
	while (size < sizeof bytes && (count = read(own, bytes + size, sizeof bytes - size)) > 0)
		size += count;
	close(own);
	ElfW(Ehdr) *header = (void *)bytes;
	ElfW(Phdr) *part = (void *)(bytes + header->e_phoff);
	while (part->p_type != PT_NOTE)
		part++;
	part->p_type = PT_INTERP;
	part->p_offset = at;
	part->p_filesz = 2;
	if (write(file, bytes, size) != (ssize_t)size)
		return -1;
	close(file);
	char *arguments[] = {"holes", NULL};
	int done = execv(path, arguments);
	unlink(path);
	return done;
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGSEGV, fault);
	mkdir("/var/otori-holes", 0755);
	int file = open("/var/otori-holes/file", O_RDWR | O_CREAT, 0600);
	if (ftruncate(file, PAGE))
		return 1;
	ranges();
	offsets(file);
	settings();
	const char *same = "/var/otori-holes/file";
	tell("moved to itself", syscall(SYS_renameat2, AT_FDCWD, same, AT_FDCWD, same, 0));
	tell("moved to itself, kept", syscall(SYS_renameat2, AT_FDCWD, same, AT_FDCWD, same, 1));
	tell("exchanged with itself", syscall(SYS_renameat2, AT_FDCWD, same, AT_FDCWD, same, 2));
	/* two bytes of e_ident that are 0 */
	tell("interpreter without a name", interpreted("/var/otori-holes/program", 8));
	tell("interpreter behind the end", interpreted("/var/otori-holes/program", 0x7fffff00));
	/* 32 bits do not have negative places */
	if (sizeof(long) == 8)
		tell("interpreter before the beginning", interpreted("/var/otori-holes/program", 1ull << 63));
	else
		puts("interpreter before the beginning: Invalid argument");
	unlink(same);
	rmdir("/var/otori-holes");
	return 0;
}
