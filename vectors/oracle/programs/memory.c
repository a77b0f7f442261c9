// Mappings: anonymous, fixed, partial unmapping, protection, growth, the heap; unaligned access; code that is written and
// then run through the data cache's flush.
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct __attribute__((packed)) packed { uint8_t a; uint16_t b; uint32_t c; uint64_t d; };

int main(void) {
    char *base = mmap(NULL, 10 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); for (int i = 0; i < 10; i++) base[i * 4096] = (char)('a' + i);
    printf("%d", munmap(base + 3 * 4096, 2 * 4096)); printf(" %c %c\n", base[2 * 4096], base[5 * 4096]); char *fixed = mmap(base + 3 * 4096, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); printf("%d %d\n", fixed == base + 3 * 4096, fixed[0]); fixed = mmap(base + 6 * 4096, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); printf("%d %c\n", fixed[0], base[8 * 4096]);
    printf("%d\n", mprotect(base, 4096, PROT_READ)); char *moved = mremap(base + 8 * 4096, 2 * 4096, 20 * 4096, MREMAP_MAYMOVE); printf("%c %c %d\n", moved[0], moved[4096], moved[19 * 4096]); printf("%d\n", mremap(moved, 20 * 4096, 4096, 0) == moved); printf("%d %d\n", madvise(moved, 4096, MADV_DONTNEED), moved[0]); printf("%d %d\n", (int)(intptr_t)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), errno == EINVAL); printf("%d %d\n", munmap((char *)base + 1, 4096), errno == EINVAL);
    char *heap = sbrk(0); printf("%d\n", sbrk(100000) == heap); memset(heap, 7, 100000); printf("%d\n", heap[99999]); printf("%d\n", sbrk(-100000) == heap + 100000); char *big = malloc(30 << 20); memset(big, 1, 30 << 20); long sum = 0; for (int i = 0; i < 30 << 20; i += 4096) sum += big[i]; printf("%ld\n", sum); free(big);
    unsigned char bytes[64]; for (int i = 0; i < 64; i++) bytes[i] = (unsigned char)(i * 7); struct packed p; memcpy(&p, bytes + 1, sizeof p); printf("%zu %x %x %" PRIx32 " %" PRIx64 "\n", sizeof p, p.a, p.b == (bytes[2] | bytes[3] << 8) || p.b == (bytes[3] | bytes[2] << 8), p.c ^ p.c, p.d ^ p.d); struct packed many[5]; memset(many, 0, sizeof many); for (int i = 0; i < 5; i++) { many[i].a = (uint8_t)i; many[i].b = (uint16_t)(i * 1000); many[i].c = i * 100000u; many[i].d = i * 10000000000ull; } uint64_t total = 0; for (int i = 0; i < 5; i++) total += many[i].a + many[i].b + many[i].c + many[i].d; printf("%" PRIu64 "\n", total);
    uint64_t sums[8] = {0}; for (int offset = 0; offset < 8; offset++) for (int i = 0; i < 5; i++) { uint64_t d; uint32_t w; uint16_t h; memcpy(&d, bytes + offset + i * 8, 8); memcpy(&w, bytes + offset + i * 4, 4); memcpy(&h, bytes + offset + i * 2, 2); sums[offset] += __builtin_bswap64(d) ^ d; sums[offset] += w ^ __builtin_bswap32(w); sums[offset] += (uint16_t)(h ^ __builtin_bswap16(h)); } uint64_t all = 0; for (int i = 0; i < 8; i++) all = all * 3 + sums[i]; printf("%" PRIx64 "\n", all);
    int page = (int)sysconf(_SC_PAGESIZE); printf("%d %ld\n", page, sysconf(_SC_CLK_TCK)); void *aligned; printf("%d %d\n", posix_memalign(&aligned, 4096, 100), (int)((uintptr_t)aligned % 4096)); uint8_t *table = calloc(1000, 1000); long zeros = 0; for (int i = 0; i < 1000000; i++) zeros += table[i]; printf("%ld\n", zeros); return 0;
}
