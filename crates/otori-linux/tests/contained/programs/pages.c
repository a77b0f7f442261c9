// contained: memory_mib=160 instructions=4000000000
#include "contained.h"
// Reading one page here and there in a huge mapping, moving mappings, growing the heap, touching everything.
static int child(void (*body)(void)) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) { body(); _exit(0); }
    if (pid < 0) return -1;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
static void sparse_reads(void) {
    volatile char *base = mmap(0, 1l << 42, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (unsigned long at = 0; at < 1l << 42; at += 256 << 10) (void)base[at];
}
static void all_pages(void) {
    for (;;) {
        char *more = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (more == MAP_FAILED) _exit(0);
        memset(more, 1, 1 << 20);
    }
}
int main() {
    printf("sparse reads: signal %d\n", child(sparse_reads));
    printf("all pages: signal %d\n", child(all_pages));
    printf("heap: %s\n", sbrk(1l << 30) == (void *)-1 ? name(errno) : "works");
    printf("more than the device has: %s\n", mmap(0, 1l << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? name(errno) : "works");
    char *moving = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long count;
    *moving = 'x';
    for (count = 0; count < 20000; count++) {
        moving = mremap(moving, (count % 2 + 1) * 4096, ((count + 1) % 2 + 1) * 4096, MREMAP_MAYMOVE);
        if (moving == MAP_FAILED) break;
    }
    printf("mremap: %ld, %c\n", count, *moving);
}
