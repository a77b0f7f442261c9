/* Record locks and flock between processes: conflicts, waiting, deadlock, what a close releases. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, int result) {
    int error = errno;
    printf("%s %d %s\n", what, result, result == -1 ? strerror(error) : "");
}

static int set(int file, int command, int type, int start, int length) {
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
    return fcntl(file, command, &lock);
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    const char *path = "/tmp/otori-locks";
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    printf("set %d\n", set(file, F_SETLK, F_WRLCK, 0, 10));
    int status;
    if (fork() == 0) {
        say("child try", set(file, F_SETLK, F_RDLCK, 5, 1));
        struct flock ask = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 100 };
        fcntl(file, F_GETLK, &ask);
        printf("child asks %d %d %d parent %d\n", ask.l_type == F_WRLCK, (int)ask.l_start, (int)ask.l_len,
               ask.l_pid == getppid());
        printf("child beside %d\n", set(file, F_SETLK, F_WRLCK, 10, 5));
        printf("child waits %d\n", set(file, F_SETLKW, F_WRLCK, 0, 1));
        _exit(0);
    }
    usleep(50000);
    say("deadlock", set(file, F_SETLKW, F_WRLCK, 10, 1));
    printf("unlock %d\n", set(file, F_SETLK, F_UNLCK, 0, 10));
    wait(&status);
    set(file, F_SETLK, F_WRLCK, 0, 0);
    close(open(path, O_RDONLY));
    if (fork() == 0) {
        printf("after a close %d\n", set(file, F_SETLK, F_WRLCK, 0, 0));
        _exit(0);
    }
    wait(&status);

    int other = open(path, O_RDWR);
    printf("flock %d %d\n", flock(file, LOCK_SH), flock(other, LOCK_SH));
    say("flock ex", flock(other, LOCK_EX | LOCK_NB));
    flock(other, LOCK_UN);
    if (fork() == 0) {
        int mine = open(path, O_RDWR);
        printf("child flock waits %d\n", flock(mine, LOCK_EX));
        _exit(0);
    }
    usleep(50000);
    flock(file, LOCK_UN);
    wait(&status);
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0 };
    printf("ofd %d", fcntl(file, F_OFD_SETLK, &lock));
    say("", fcntl(other, F_OFD_SETLK, &lock));
    unlink(path);
    return 0;
}
