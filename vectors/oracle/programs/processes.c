// Processes: fork, vfork, execve, pipes, waiting, copy on write, shared memory, groups, environment, limits.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static int global = 5; static char large[100000];

int main(int argc, char **argv) {
    if (argc > 2 && !strcmp(argv[1], "child")) { printf("child %d %s %s\n", argc, argv[2], getenv("GIVEN") ? getenv("GIVEN") : "none"); return 23; }
    setvbuf(stdout, NULL, _IONBF, 0); int ends[2], status; pipe(ends); memset(large, 'p', sizeof large);
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); *shared = 1; int local = 7;
    pid_t child = fork();
    if (child == 0) { close(ends[0]); global = 50; local = 70; *shared = 99; memset(large, 'c', sizeof large); write(ends[1], large, 5); _exit(global + local > 100 ? 3 : 4); }
    close(ends[1]); char text[10] = {0}; int length = (int)read(ends[0], text, 9); waitpid(child, &status, 0); printf("%d %s %d %d %d %d %c\n", length, text, WEXITSTATUS(status), global, local, *shared, large[99999]); printf("%d\n", (int)read(ends[0], text, 9));
    child = vfork(); if (child == 0) { local = 71; _exit(5); } waitpid(child, &status, 0); printf("%d %d\n", local >= 7, WEXITSTATUS(status));
    child = fork(); if (child == 0) { char *arguments[] = {argv[0], "child", "with space", NULL}, *environment[] = {"GIVEN=yes", NULL}; execve("/proc/self/exe", arguments, environment); _exit(9); } waitpid(child, &status, 0); printf("%d\n", WEXITSTATUS(status));
    char *arguments[] = {argv[0], "child", "spawned", NULL}; posix_spawn_file_actions_t actions; posix_spawn_file_actions_init(&actions); posix_spawn_file_actions_addopen(&actions, 1, "/tmp/out", O_CREAT | O_WRONLY | O_TRUNC, 0600); if (posix_spawn(&child, "/proc/self/exe", &actions, NULL, arguments, environ) == 0) { waitpid(child, &status, 0); int file = open("/tmp/out", O_RDONLY); char got[100] = {0}; read(file, got, 99); printf("%d %s", WEXITSTATUS(status), got); close(file); }
    printf("%d %d\n", execl("/none", "none", NULL), errno == ENOENT); printf("%d %d\n", (int)waitpid(-1, &status, 0), errno == ECHILD);
    int statuses = 0; for (int i = 0; i < 20; i++) if (fork() == 0) _exit(i); while (wait(&status) > 0) statuses += WEXITSTATUS(status); printf("%d\n", statuses);
    child = fork(); if (child == 0) { setpgid(0, 0); _exit(getpgrp() == getpid() ? 1 : 2); } waitpid(child, &status, 0); printf("%d\n", WEXITSTATUS(status)); child = fork(); if (child == 0) _exit(setsid() == getpid() && getsid(0) == getpid()); waitpid(child, &status, 0); printf("%d\n", WEXITSTATUS(status));
    int pair[2]; socketpair(AF_UNIX, SOCK_STREAM, 0, pair); child = fork(); if (child == 0) { char c; while (read(pair[1], &c, 1) == 1) { c++; write(pair[1], &c, 1); if (c == 'e') _exit(0); } _exit(1); } for (char c = 'a'; c < 'e'; c++) { char back; write(pair[0], &c, 1); read(pair[0], &back, 1); putchar(back); } putchar('\n'); waitpid(child, &status, 0); printf("%d\n", WEXITSTATUS(status));
    struct pollfd polled = {pair[0], POLLIN | POLLOUT, 0}; close(pair[1]); printf("%d", poll(&polled, 1, 10)); printf(" %x\n", polled.revents & (POLLIN | POLLHUP)); pipe(ends); polled.fd = ends[0]; polled.events = POLLIN; printf("%d\n", poll(&polled, 1, 10)); fd_set set; FD_ZERO(&set); FD_SET(ends[0], &set); struct timeval wait_time = {0, 1000}; printf("%d\n", select(ends[0] + 1, &set, NULL, NULL, &wait_time));
    fcntl(ends[0], F_SETFL, O_NONBLOCK); printf("%d %d\n", (int)read(ends[0], text, 1), errno == EAGAIN); memset(large, 'x', sizeof large); child = fork(); if (child == 0) { close(ends[0]); write(ends[1], large, sizeof large); _exit(0); } close(ends[1]); fcntl(ends[0], F_SETFL, 0); long sum = 0; while ((length = (int)read(ends[0], large, 4096)) > 0) sum += length; printf("%ld\n", sum); wait(NULL);
    struct rlimit limit = {100, 200}; setrlimit(RLIMIT_NOFILE, &limit); getrlimit(RLIMIT_NOFILE, &limit); printf("%d %d\n", (int)limit.rlim_cur, (int)limit.rlim_max); int highest = -1, opened; while ((opened = dup(0)) >= 0) highest = opened; printf("%d %d\n", highest, errno == EMFILE); for (int i = 10; i <= highest; i++) close(i);
    setenv("A", "b", 1); unsetenv("HOME"); printf("%s %s\n", getenv("A"), getenv("HOME") ? "set" : "unset"); printf("%d %d %d\n", getuid(), getegid(), getppid() > 0); exit(300);
}
