/* A flash partition by its character device and by its block device. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mtd/mtd-user.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BLKGETSIZE _IO(0x12, 96)
#define BLKGETSIZE64 _IOR(0x12, 114, size_t)

static void say(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

int main(void)
{
	unsigned char bytes[4];
	struct mtd_info_user info;
	setvbuf(stdout, NULL, _IOLBF, 0);
	int fd = open("/dev/mtd1", O_RDWR);
	say("info", ioctl(fd, MEMGETINFO, &info));
	printf("type %d size %x erase %x write %d oob %d\n", info.type, info.size, info.erasesize, info.writesize,
	       info.oobsize);
	printf("%zd", pread(fd, bytes, 4, 0x1000));
	printf(" %02x%02x\n", bytes[0], bytes[3]);
	printf("%zd\n", pwrite(fd, "\x0f\xf0", 2, 0x1000));
	printf("%zd\n", pwrite(fd, "\x3c\xff", 2, 0x1000));
	pread(fd, bytes, 4, 0x1000);
	printf("%02x%02x%02x\n", bytes[0], bytes[1], bytes[2]);
	struct erase_info_user block = {.start = 0x1800, .length = 0x1000};
	say("erase askew", ioctl(fd, MEMERASE, &block));
	block.start = 0x1000;
	say("unlock", ioctl(fd, MEMUNLOCK, &block));
	say("erase", ioctl(fd, MEMERASE, &block));
	pread(fd, bytes, 1, 0x1000);
	printf("%02x\n", bytes[0]);
	block.start = 0x10000;
	say("erase behind the end", ioctl(fd, MEMERASE, &block));
	printf("end %ld\n", (long)lseek(fd, 0, SEEK_END));
	say("write there", write(fd, "x", 1));
	printf("read there %zd\n", read(fd, bytes, 1));
	int regions = -1;
	say("regions", ioctl(fd, MEMGETREGIONCOUNT, &regions));
	printf("%d\n", regions);
	close(fd);

	int disk = open("/dev/mtdblock1", O_RDWR);
	unsigned long sectors = 0;
	uint64_t size = 0;
	say("sectors", ioctl(disk, BLKGETSIZE, &sectors));
	say("size", ioctl(disk, BLKGETSIZE64, &size));
	printf("%lu %llu\n", sectors, (unsigned long long)size);
	printf("%zd\n", write(disk, "\x01", 1));
	lseek(disk, 0, SEEK_SET);
	printf("%zd\n", write(disk, "\xfe", 1));
	pread(disk, bytes, 1, 0);
	printf("%02x\n", bytes[0]);
	close(disk);
	fd = open("/dev/mtd1ro", O_RDONLY);
	pread(fd, bytes, 1, 0);
	printf("%02x\n", bytes[0]);
	say("erase", ioctl(fd, MEMERASE, &block));
	say("to write", open("/dev/mtd1ro", O_RDWR));
	say("no such", open("/dev/mtd7", O_RDWR));
	return 0;
}
