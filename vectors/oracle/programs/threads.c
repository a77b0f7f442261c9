// POSIX threads: mutexes, conditions, barriers, thread-local storage, once, read-write locks, cancellation, atomics.
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 6, ROUNDS = 2000 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; static pthread_cond_t changed = PTHREAD_COND_INITIALIZER; static pthread_barrier_t barrier; static pthread_rwlock_t shared = PTHREAD_RWLOCK_INITIALIZER; static pthread_once_t once = PTHREAD_ONCE_INIT; static pthread_key_t key; static sem_t semaphore; static pthread_spinlock_t spin;
static long total, protected_total, spun; static int turn, once_count, destroyed, cleaned; static _Thread_local int own = 5; static _Thread_local char room[100] = "thread";
static atomic_int counter; static atomic_uchar bytes; static atomic_ushort halves; static _Atomic int64_t wide; static atomic_flag flag = ATOMIC_FLAG_INIT; static long flagged;
static void initialize(void) { once_count++; }
static void destroy(void *value) { __atomic_add_fetch(&destroyed, (int)(intptr_t)value, __ATOMIC_SEQ_CST); }
static void cleanup(void *value) { cleaned += (int)(intptr_t)value; }

static void *work(void *argument) {
    int number = (int)(intptr_t)argument; pthread_once(&once, initialize); pthread_setspecific(key, (void *)(intptr_t)(number + 1)); own += number; snprintf(room, sizeof room, "thread %d", number);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock); total += number; pthread_mutex_unlock(&lock);
        atomic_fetch_add(&counter, 1); atomic_fetch_add(&bytes, 3); atomic_fetch_xor(&halves, (unsigned short)(i * 7)); wide += 0x100000001ll;
        int64_t seen = wide; while (!atomic_compare_exchange_weak(&wide, &seen, seen + 1)) {}
        while (atomic_flag_test_and_set(&flag)) sched_yield(); flagged++; atomic_flag_clear(&flag);
        if (i % 100 == 0) { pthread_rwlock_wrlock(&shared); protected_total++; pthread_rwlock_unlock(&shared); sem_wait(&semaphore); spun++; sem_post(&semaphore); pthread_spin_lock(&spin); spun++; pthread_spin_unlock(&spin); }
        else if (i % 100 == 50) { pthread_rwlock_rdlock(&shared); (void)protected_total; pthread_rwlock_unlock(&shared); }
    }
    pthread_mutex_lock(&lock); while (turn != number) pthread_cond_wait(&changed, &lock); printf("turn %d own %d %s\n", number, own, room); turn++; pthread_cond_broadcast(&changed); pthread_mutex_unlock(&lock);
    return (void *)(intptr_t)(own * 2);
}
static void *endless(void *argument) { pthread_cleanup_push(cleanup, argument); for (;;) usleep(1000000); pthread_cleanup_pop(0); return NULL; }
static void *recursive(void *argument) { pthread_mutex_t *mutex = argument; for (int i = 0; i < 3; i++) pthread_mutex_lock(mutex); for (int i = 0; i < 3; i++) pthread_mutex_unlock(mutex); int locked = pthread_mutex_trylock(mutex); pthread_mutex_unlock(mutex); return (void *)(intptr_t)locked; }

int main(void) {
    pthread_t threads[THREADS]; pthread_barrier_init(&barrier, NULL, THREADS); pthread_key_create(&key, destroy); sem_init(&semaphore, 0, 1); pthread_spin_init(&spin, 0); long results = 0; void *result;
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, (void *)(intptr_t)i);
    for (int i = 0; i < THREADS; i++) { pthread_join(threads[i], &result); results += (long)(intptr_t)result; }
    printf("%ld %ld %d %d %d %ld %ld %lld %d %d %ld %ld\n", total, protected_total, (int)counter, (int)bytes, (int)halves, spun, flagged, (long long)wide, once_count, destroyed, results, (long)own);
    pthread_create(&threads[0], NULL, endless, (void *)7); usleep(10000); pthread_cancel(threads[0]); pthread_join(threads[0], &result); printf("%d %d\n", result == PTHREAD_CANCELED, cleaned);
    pthread_mutexattr_t kind; pthread_mutexattr_init(&kind); pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE); pthread_mutex_t mutex; pthread_mutex_init(&mutex, &kind); pthread_create(&threads[0], NULL, recursive, &mutex); pthread_join(threads[0], &result); printf("%ld %d\n", (long)(intptr_t)result, pthread_mutex_trylock(&mutex) != 0);
    pthread_mutex_unlock(&mutex); struct timespec limit; clock_gettime(CLOCK_REALTIME, &limit); limit.tv_nsec += 20000000; if (limit.tv_nsec >= 1000000000) { limit.tv_sec++; limit.tv_nsec -= 1000000000; } pthread_mutex_lock(&lock); printf("%s\n", strerror(pthread_cond_timedwait(&changed, &lock, &limit))); pthread_mutex_unlock(&lock);
    pthread_attr_t attributes; size_t size; pthread_attr_init(&attributes); pthread_attr_setstacksize(&attributes, 256 * 1024); pthread_attr_getstacksize(&attributes, &size); printf("%zu\n", size); pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 50; i++) { pthread_create(&threads[0], NULL, (void *(*)(void *))recursive, &mutex) ; pthread_join(threads[0], &result); } printf("%d\n", pthread_kill(pthread_self(), 0)); pthread_exit(NULL);
}
