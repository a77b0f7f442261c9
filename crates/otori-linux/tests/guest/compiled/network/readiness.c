// epoll beside select and poll: levels, edges, one shot, turns, nesting, rings, files that cannot be waited for.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *why(long result) { static char text[8][80]; static int turn; turn = (turn + 1) % 8; if (result < 0) snprintf(text[turn], 80, "%s", strerror(errno)); else snprintf(text[turn], 80, "%ld", result); return text[turn]; }
#define SAY(call) printf("%-60.60s %s\n", #call, why((long)(call)))
static int watch(int e, int op, int fd, unsigned events, unsigned data) { struct epoll_event v; memset(&v, 0, sizeof v); v.events = events; v.data.u64 = data * 0x100000001ull; return epoll_ctl(e, op, fd, &v); }
static void wait_for(const char *label, int e, int room) { struct epoll_event v[16]; int n = epoll_wait(e, v, room, 0); printf("  %s:", label); for (int i = 0; i < n; i++) { unsigned m = v[i].events; printf(" %u%s%s%s%s%s%s%s", (unsigned)v[i].data.u64, m & EPOLLIN ? " in" : "", m & EPOLLOUT ? " out" : "", m & EPOLLPRI ? " pri" : "", m & EPOLLRDHUP ? " rdhup" : "", m & EPOLLERR ? " err" : "", m & EPOLLHUP ? " hup" : "", i + 1 < n ? "," : ""); if (v[i].data.u64 >> 32 != (unsigned)v[i].data.u64) printf(" (data torn)"); } printf("\n"); }
static void tcp(int p[2]) { struct sockaddr_in a; memset(&a, 0, sizeof a); a.sin_family = AF_INET; a.sin_addr.s_addr = htonl(INADDR_LOOPBACK); socklen_t length = sizeof a; int l = socket(AF_INET, SOCK_STREAM, 0); bind(l, (void *)&a, sizeof a); listen(l, 1); getsockname(l, (void *)&a, &length); p[0] = socket(AF_INET, SOCK_STREAM, 0); connect(p[0], (void *)&a, length); p[1] = accept(l, 0, 0); close(l); }
static void pairs(const char *title, int p[2]) {
    char b[64]; printf("== %s\n", title); int e = epoll_create1(EPOLL_CLOEXEC);
    SAY(watch(e, EPOLL_CTL_ADD, p[1], EPOLLIN | EPOLLRDHUP, 1)); SAY(watch(e, EPOLL_CTL_ADD, p[1], EPOLLIN, 1)); wait_for("quiet", e, 8); write(p[0], "one", 3); wait_for("level", e, 8); wait_for("level again", e, 8); read(p[1], b, 1); wait_for("part read", e, 8); read(p[1], b, 9); wait_for("all read", e, 8);
    SAY(watch(e, EPOLL_CTL_MOD, p[1], EPOLLIN | EPOLLET | EPOLLRDHUP, 2)); wait_for("edge quiet", e, 8); write(p[0], "two", 3); wait_for("edge", e, 8); wait_for("edge again", e, 8); write(p[0], "more", 4); wait_for("edge more", e, 8); read(p[1], b, 2); wait_for("part read", e, 8); write(p[0], "!", 1); wait_for("and more", e, 8); read(p[1], b, 64); wait_for("all read", e, 8);
    SAY(watch(e, EPOLL_CTL_MOD, p[1], EPOLLIN | EPOLLOUT | EPOLLET, 3)); wait_for("both", e, 8); wait_for("both again", e, 8); write(p[0], "x", 1); wait_for("both with bytes", e, 8); wait_for("both again", e, 8); read(p[1], b, 9);
    SAY(watch(e, EPOLL_CTL_MOD, p[1], EPOLLIN | EPOLLONESHOT, 4)); write(p[0], "x", 1); wait_for("one shot", e, 8); write(p[0], "y", 1); wait_for("spent", e, 8); SAY(watch(e, EPOLL_CTL_MOD, p[1], EPOLLIN | EPOLLONESHOT, 5)); wait_for("armed", e, 8); read(p[1], b, 9);
    SAY(watch(e, EPOLL_CTL_MOD, p[1], EPOLLIN | EPOLLRDHUP | EPOLLET, 6)); shutdown(p[0], SHUT_WR); wait_for("half", e, 8); wait_for("half again", e, 8); close(p[0]); usleep(2000); wait_for("gone", e, 8); SAY(watch(e, EPOLL_CTL_MOD, p[1], 0, 7)); wait_for("nothing asked", e, 8); SAY(watch(e, EPOLL_CTL_DEL, p[1], 0, 0)); SAY(watch(e, EPOLL_CTL_DEL, p[1], 0, 0)); SAY(watch(e, EPOLL_CTL_MOD, p[1], 0, 0)); close(p[1]); close(e);
}
static void turns(void) {
    printf("== turns\n"); int e = epoll_create1(0), fds[4]; for (unsigned i = 0; i < 4; i++) { fds[i] = eventfd(1, 0); watch(e, EPOLL_CTL_ADD, fds[i], EPOLLIN, i); } for (int i = 0; i < 4; i++) wait_for("three of four", e, 3); char b[8]; read(fds[1], b, 8); wait_for("without one", e, 8); int copy = dup(fds[2]); close(fds[2]); wait_for("a copy is open", e, 8); close(copy); wait_for("closed", e, 8); close(e); for (int i = 0; i < 4; i++) close(fds[i]);
}
static void nested(void) {
    printf("== nested\n"); int a = epoll_create1(0), b = epoll_create1(0), c = epoll_create1(0), p[2]; pipe(p); SAY(watch(a, EPOLL_CTL_ADD, b, EPOLLIN, 1)); SAY(watch(b, EPOLL_CTL_ADD, p[0], EPOLLIN, 2)); wait_for("outer quiet", a, 4); write(p[1], "x", 1); wait_for("outer", a, 4); wait_for("inner", b, 4); struct pollfd q = {a, POLLIN, 0}; printf("  poll %d\n", poll(&q, 1, 0)); SAY(watch(b, EPOLL_CTL_ADD, a, EPOLLIN, 3)); SAY(watch(a, EPOLL_CTL_ADD, a, EPOLLIN, 3)); SAY(watch(p[0], EPOLL_CTL_ADD, p[1], EPOLLIN, 3)); SAY(watch(b, EPOLL_CTL_ADD, c, EPOLLIN, 3)); SAY(watch(c, EPOLL_CTL_ADD, a, EPOLLIN, 3));
    char byte; read(p[0], &byte, 1); pid_t child = fork(); if (!child) { usleep(3000); write(p[1], "y", 1); _exit(0); } struct epoll_event v; printf("  waits %d\n", epoll_wait(a, &v, 1, 5000)); waitpid(child, 0, 0); close(a); close(b); close(c); close(p[0]); close(p[1]);
}
static void refused(void) {
    printf("== refused\n"); int e = epoll_create1(0), file = open("/tmp/readiness", O_CREAT | O_RDWR, 0600), null = open("/dev/null", O_RDWR), p[2]; pipe(p); SAY(watch(e, EPOLL_CTL_ADD, file, EPOLLIN, 1)); SAY(watch(e, EPOLL_CTL_ADD, null, EPOLLIN, 1)); SAY(watch(e, EPOLL_CTL_ADD, 99, EPOLLIN, 1)); SAY(watch(99, EPOLL_CTL_ADD, p[0], EPOLLIN, 1)); SAY(watch(e, 9, p[0], EPOLLIN, 1)); SAY(epoll_ctl(e, EPOLL_CTL_ADD, p[0], 0)); SAY(watch(e, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLEXCLUSIVE, 1)); SAY(watch(e, EPOLL_CTL_MOD, p[0], EPOLLIN, 1)); SAY(watch(e, EPOLL_CTL_ADD, p[1], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 1)); struct epoll_event v; SAY(epoll_wait(e, &v, 0, 0)); SAY(epoll_wait(p[0], &v, 1, 0)); SAY(epoll_create(0)); SAY(epoll_create1(77)); write(p[1], "x", 1); wait_for("exclusive", e, 4); close(e); close(file); close(null); unlink("/tmp/readiness");
}
static void sets(void) {
    printf("== select\n"); int p[2]; tcp(p); fd_set r, w, x; FD_ZERO(&r); FD_ZERO(&w); FD_ZERO(&x); FD_SET(p[0], &r); FD_SET(p[0], &w); FD_SET(p[0], &x); struct timeval t = {0, 0}; printf("%d", select(p[0] + 1, &r, &w, &x, &t)); printf(" %d %d %d\n", !!FD_ISSET(p[0], &r), !!FD_ISSET(p[0], &w), !!FD_ISSET(p[0], &x)); send(p[1], "!", 1, MSG_OOB); usleep(2000); FD_SET(p[0], &r); FD_SET(p[0], &x); printf("%d", select(p[0] + 1, &r, 0, &x, &t)); printf(" %d %d\n", !!FD_ISSET(p[0], &r), !!FD_ISSET(p[0], &x)); close(p[1]); FD_SET(p[0], &r); printf("%d\n", select(p[0] + 1, &r, 0, 0, &t)); FD_SET(30, &r); SAY(select(31, &r, 0, 0, &t)); SAY(select(-1, 0, 0, 0, &t)); struct pollfd q[3] = {{-1, POLLIN, 9}, {500, POLLIN, 0}, {p[0], POLLIN | POLLRDNORM | POLLWRNORM, 0}}; printf("%d", poll(q, 3, 0)); printf(" %x %x %d%d%d\n", q[0].revents, q[1].revents, !!(q[2].revents & POLLIN), !!(q[2].revents & POLLRDNORM), !!(q[2].revents & POLLWRNORM)); close(p[0]);
}
int main(void) { signal(SIGPIPE, SIG_IGN); alarm(60); int p[2]; tcp(p); pairs("TCP", p); socketpair(AF_UNIX, SOCK_STREAM, 0, p); pairs("UNIX", p); turns(); nested(); refused(); sets(); return 0; }
