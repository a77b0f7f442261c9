// contained: memory_mib=160 instructions=4000000000
#include "contained.h"
#include <sys/sendfile.h>
int main() {
    long count;
    char name_of_it[512], *much = malloc(8 << 20);
    chdir("/tmp");
    int file = open("f", O_RDWR | O_CREAT, 0644), zero = open("/dev/zero", O_RDONLY);
    said("ftruncate to 1 TB", ftruncate(file, 1l << 40));
    said("a byte at 1 TB", pwrite(file, "x", 1, 1l << 40));
    said("a byte below zero", pwrite(file, "x", 1, -1));
    long got = read(zero, much, 8 << 20);
    printf("a read of 8 MiB: %s\n", got > 0 ? "some" : name(errno));
    errno = 0;
    printf("a read of 2 GiB into less: %s\n", read(zero, much, 2147483647) < 0 ? name(errno) : "some");
    struct iovec many[1025];
    for (int i = 0; i < 1025; i++) many[i] = (struct iovec){ much, 1 };
    said("1,024 vectors", readv(zero, many, 1024));
    said("1,025 vectors", readv(zero, many, 1025));
    for (int i = 0; i < 2; i++) many[i] = (struct iovec){ much, 1l << 62 };
    said("vectors of 2^63 bytes", readv(zero, many, 2));
    // what is copied to the end of itself grows until the disk is full
    write(file, much, 65536);
    for (count = 0; count < 4000; count++) {
        off_t from = 0;
        lseek(file, 0, SEEK_END);
        if (sendfile(file, file, &from, 65536) <= 0) break;
    }
    printf("sendfile to itself: %s\n", count < 4000 ? name(errno) : "endless");
    ftruncate(file, 0);
    memset(name_of_it, 'n', 256);
    name_of_it[256] = 0;
    said("a name of 256 bytes", open(name_of_it, O_CREAT | O_RDWR, 0644));
    name_of_it[255] = 0;
    said("a name of 255 bytes", open(name_of_it, O_CREAT | O_RDWR, 0644));
    for (count = 0; count < 100000; count++) {
        snprintf(name_of_it, sizeof name_of_it, "n%ld", count);
        if (mknod(name_of_it, S_IFREG | 0644, 0) < 0) break;
    }
    printf("inodes: %s, then %s\n", count > 10000 && count < 17000 ? "about 16,000" : "odd", name(errno));
    // many small looks at a large folder
    char buffer[300];
    int folder = open(".", O_RDONLY | O_DIRECTORY);
    for (count = 0; count < 1000 && syscall(SYS_getdents64, folder, buffer, sizeof buffer) > 0; count++) {}
    printf("looks at it: %ld\n", count);
    unlink("f");
    said("links", link("n0", "again"));
}
