// What the programs print: how often something worked, and the name of the error that ended it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>

static const char *name(int error) {
    const char *known = strerrorname_np(error);
    return error == 0 ? "no error" : known ? known : "an unknown error";
}
static void ended(const char *what, long count, long error) {
    printf("%s: %ld, then %s\n", what, count, name(error));
    fflush(stdout);
}
static void said(const char *what, long result) {
    printf("%s: %s\n", what, result < 0 ? name(errno) : "works");
    fflush(stdout);
}
#define UNTIL_ERROR(count, most, action) \
    do { errno = 0; for (count = 0; count < (most) && (action) >= 0; count++) errno = 0; } while (0)
