/* The counter that programs read without the kernel goes as fast as the clock, also over a long sleep. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static uint64_t counter(void)
{
#if defined(__mips__)
    uint32_t value;
    __asm__ volatile(".set push\n.set mips32r2\nrdhwr %0, $2\n.set pop" : "=r"(value));
    return value;
#elif defined(__aarch64__)
    uint64_t value;
    __asm__ volatile("isb\nmrs %0, cntvct_el0" : "=r"(value));
    return value;
#elif defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc();
#else
#error no counter
#endif
}

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

/* Ticks for each nanosecond until that long has passed, asleep or not. */
static double rate(double duration, int sleeps)
{
    double begin = nanoseconds();
    uint64_t first = counter();
    if (sleeps) {
        struct timespec rest = { (time_t)(duration / 1e9), 0 };
        nanosleep(&rest, NULL);
    }
    while (nanoseconds() - begin < duration)
        ;
    uint64_t ticks = counter() - first;
#if defined(__mips__)
    ticks &= 0xffffffff;
#endif
    return ticks / (nanoseconds() - begin);
}

int main(void)
{
    double awake = rate(2e7, 0), asleep = rate(2e9, 1);
    int same = asleep > awake * 0.98 && asleep < awake * 1.02;
    printf("the counter follows the clock: %s\n", same ? "yes" : "no");
    return 0;
}
