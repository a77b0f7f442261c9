// contained: memory_mib=64 processes=600
#include "contained.h"
static void *sleeper(void *unused) { pause(); return 0; }
static int futex_word;
static void *waiter(void *unused) { syscall(SYS_futex, &futex_word, 0, 0, 0, 0, 0); return 0; }
int main() {
    pthread_t threads[1000];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 16384);
    long count, error = 0;
    for (count = 0; count < 1000 && !error; count++) error = pthread_create(&threads[count], &small, count % 2 ? waiter : sleeper, 0);
    ended("threads", count - 1, error);
    sched_yield();
    usleep(1000);
    long woken = syscall(SYS_futex, &futex_word, 1, 10000, 0, 0, 0);
    printf("woken: %ld\n", woken);
    long moved = syscall(SYS_futex, &futex_word, 4, 0, 10, &count, 1);
    printf("requeue: %ld %s\n", moved, name(errno));
}
