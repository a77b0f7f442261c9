// contained: memory_mib=64 instructions=9000000000
#include "contained.h"
static char *map(size_t bytes, int protection) {
    return mmap(0, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}
int main() {
    long count;
    // a checkerboard: neighbours never join
    char *base = map(400l << 20, PROT_NONE);
    UNTIL_ERROR(count, 1000000, mprotect(base + count * 8192, 4096, PROT_READ));
    printf("checkerboard: %s, then %s\n", count > 30000 && count < 40000 ? "about 32,700" : "odd", name(errno));
    said("one more mapping of another kind", (long)map(4096, PROT_READ | PROT_EXEC));
    said("munmap", munmap(base, 400l << 20));
    // single pages, each of another kind than its neighbours
    for (count = 0; count < 1000000; count++)
        if (mmap((char *)0x10000000000 + count * 4096, 4096, count % 2 ? PROT_READ : PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED) break;
    printf("single pages: %s, then %s\n", count > 60000 && count < 66000 ? "about 65,500" : "odd", name(errno));
    if (fork() == 0) _exit(0);
    int status = -1;
    wait(&status);
    printf("a child of that: %d\n", status);
    char *shared = mmap(0, 64 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    printf("shared: %s\n", shared == MAP_FAILED ? name(errno) : "works");
}
