// contained: memory_mib=320 instructions=3000000000 total_pages=120000
#include "contained.h"
// 2,000 processes at a time work; one more than the device's 2,100 does not. Then all end and it goes on.
int main() {
    long count, failed;
    for (count = 0; count < 3000; count++) {
        pid_t pid = fork();
        if (pid == 0) { pause(); _exit(0); }
        if (pid < 0) break;
    }
    failed = errno;
    printf("%s\n", count >= 2000 ? "two thousand processes" : "too few");
    ended("fork", count, failed);
    pthread_t thread;
    printf("thread: %s\n", name(pthread_create(&thread, 0, (void *(*)(void *))pause, 0)));
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    kill(-1, SIGKILL);
    int reaped = 0;
    while (wait(0) > 0) reaped++;
    printf("reaped %s\n", reaped == count ? "all" : "some");
    if (fork() == 0) _exit(7);
    int status;
    wait(&status);
    printf("again: %d\n", WEXITSTATUS(status));
}
