/* Files without a name and bytes without a copy: O_TMPFILE, memfd and its seals, splice, tee, vmsplice, holes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long result) {
    int error = errno;
    printf("%s %ld %s\n", what, result, result == -1 ? strerror(error) : "");
}
static long names(int file) {
    struct stat state;
    return fstat(file, &state) ? -1 : (long)state.st_nlink;
}
static sigjmp_buf back;
static void on_bus(int number) { siglongjmp(back, number); }
static const char *touch(volatile char *address) {
    int number = sigsetjmp(back, 1);
    if (number == 0) { *address = 1; return "stored"; }
    return number == SIGBUS ? "SIGBUS" : "another signal";
}

int main(int count, char **arguments) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    if (count > 1) { printf("runs from %s\n", arguments[1]); return 0; }
    char path[64], text[64] = "";
    say("for reading", open("/tmp", O_TMPFILE | O_RDONLY, 0600));
    int file = open("/tmp", O_TMPFILE | O_RDWR, 0640);
    say("wrote", write(file, "content", 7));
    printf("names %ld\n", names(file));
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    unlink("/tmp/otori-named");
    say("named", linkat(AT_FDCWD, path, AT_FDCWD, "/tmp/otori-named", AT_SYMLINK_FOLLOW));
    printf("names %ld\n", names(file));
    unlink("/tmp/otori-named");
    int never = open("/tmp", O_TMPFILE | O_RDWR | O_EXCL, 0640);
    say("never", linkat(never, "", AT_FDCWD, "/tmp/otori-named", AT_EMPTY_PATH));
    int handle = open("/tmp", O_PATH);
    say("only a path", read(handle, text, 1));
    say("its mode", fchmod(handle, 0));
    printf("flags %d\n", fcntl(handle, F_GETFL) == O_PATH);

    int memory = memfd_create("memory", MFD_ALLOW_SEALING);
    say("memory", write(memory, "0123456789", 10));
    say("seals", fcntl(memory, F_GET_SEALS));
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    ssize_t length = readlink(path, text, sizeof text - 1);
    text[length < 0 ? 0 : length] = 0;
    printf("link %s\n", text);
    say("seal", fcntl(memory, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK));
    say("shorter", ftruncate(memory, 5));
    say("longer", ftruncate(memory, 50));
    say("behind its end", pwrite(memory, "x", 1, 20));
    say("inside", pwrite(memory, "x", 1, 2));
    say("seal all", fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
    say("sealed", pwrite(memory, "x", 1, 2));
    say("more seals", fcntl(memory, F_ADD_SEALS, F_SEAL_GROW));
    say("mapped for writing", mmap(0, 10, PROT_WRITE, MAP_SHARED, memory, 0) == MAP_FAILED ? -1 : 0);
    say("unsealable", fcntl(memfd_create("other", 0), F_ADD_SEALS, F_SEAL_GROW));
    say("no memory file", fcntl(file, F_GET_SEALS));

    int program = memfd_create("program", MFD_CLOEXEC), self = open("/proc/self/exe", O_RDONLY);
    char *buffer = malloc(1 << 20);
    for (ssize_t got; (got = read(self, buffer, 1 << 20)) > 0;) if (write(program, buffer, got) != got) return 1;
    if (fork() == 0) {
        char *vector[] = { "program", "memory", 0 }, *environment[] = { 0 };
        fexecve(program, vector, environment);
        _exit(1);
    }
    wait(0);

    int from[2], to[2], plain = open("/tmp/otori-plain", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (pipe(from) || pipe(to) || write(plain, "abcdefgh", 8) != 8) return 1;
    loff_t offset = 2;
    say("splice in", splice(plain, &offset, from[1], 0, 4, 0));
    say("tee", tee(from[0], to[1], 64, 0));
    printf("offset %d first %d", (int)offset, (int)read(from[0], text, 64));
    printf(" second %d\n", (int)read(to[0], text + 8, 16));
    printf("bytes %.4s %.4s\n", text, text + 8);
    struct iovec parts[2] = { { "un", 2 }, { "copied", 6 } };
    say("vmsplice", vmsplice(from[1], parts, 2, 0));
    say("splice out", splice(from[0], 0, plain, 0, 64, 0));
    say("nothing", splice(from[0], 0, plain, 0, 64, SPLICE_F_NONBLOCK));
    say("no pipe", splice(plain, 0, file, 0, 4, 0));
    say("offset of a pipe", splice(from[0], &offset, plain, 0, 4, 0));
    length = pread(plain, text, 64, 0);
    printf("file %d %.16s\n", (int)length, text);
    say("hole", fallocate(plain, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, 3));
    say("hole that cuts", fallocate(plain, FALLOC_FL_PUNCH_HOLE, 1, 3));
    if (pread(plain, text, 8, 0) != 8) return 1;
    printf("zeros %d%d%d%d%d\n", text[0] != 0, text[1], text[2], text[3], text[4] != 0);

    signal(SIGBUS, on_bus);
    if (ftruncate(plain, 3 * 4096)) return 1;
    char *map = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, plain, 0);
    printf("mapped: %s\n", touch(map + 8192));
    printf("behind: %s\n", touch(map + 3 * 4096));
    if (ftruncate(plain, 100)) return 1;
    printf("cut: %s\n", touch(map + 4000));
    printf("cut behind: %s\n", touch(map + 4096));
    if (ftruncate(plain, 8192)) return 1;
    printf("grown: %s\n", touch(map + 4096));
    printf("grown behind: %s\n", touch(map + 8192));
    say("msync", msync(map, 4096, MS_SYNC | MS_ASYNC));
    unlink("/tmp/otori-plain");
    return 0;
}
