/* A file mapped shared: one set of bytes for two mappings, read, write and truncate. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    const char *path = "/tmp/otori-shared-file";
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ftruncate(file, 8192);
    char *first = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *second = mmap(0, 4096, PROT_READ, MAP_SHARED, open(path, O_RDONLY), 4096);
    char buffer[32] = "";
    strcpy(first + 4096, "stored");
    printf("second mapping %s\n", second);
    pread(file, buffer, 7, 4096);
    printf("read %s\n", buffer);
    pwrite(file, "written", 8, 4096);
    printf("both %s %s\n", first + 4096, second);
    if (fork() == 0) { strcpy(first, "child"); _exit(0); }
    wait(0);
    pread(open(path, O_RDONLY), buffer, 6, 0);
    printf("child's store %s\n", buffer);
    ftruncate(file, 4097);
    ftruncate(file, 8192);
    printf("cut %c%d\n", second[0], second[1]);
    munmap(first, 8192);
    ftruncate(file, 12288);
    char *third = mmap(0, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    strcpy(third + 4096, "longer");
    printf("grown %s %s\n", second, third);
    struct stat state;
    fstat(file, &state);
    printf("size %d\n", (int)state.st_size);
    unlink(path);
    return 0;
}
