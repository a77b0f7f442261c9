// Connections of TCP over IPv4 and IPv6 and of UNIX sockets: names, errors, readiness, halves, resets, urgent bytes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *why(long result) { static char text[8][80]; static int turn; turn = (turn + 1) % 8; if (result < 0) snprintf(text[turn], 80, "%s", strerror(errno)); else snprintf(text[turn], 80, "%ld", result); return text[turn]; }
#define SAY(call) printf("%-56.56s %s\n", #call, why((long)(call)))
static int ready(int fd) { struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM, 0}; poll(&p, 1, 0); return p.revents & (POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLERR | POLLHUP); }
static void mask(const char *label, int fd) { int m = ready(fd); printf("  %s:%s%s%s%s%s%s\n", label, m & POLLIN ? " in" : "", m & POLLOUT ? " out" : "", m & POLLPRI ? " pri" : "", m & POLLRDHUP ? " rdhup" : "", m & POLLERR ? " err" : "", m & POLLHUP ? " hup" : ""); }
static void name(const char *label, const struct sockaddr_storage *s, socklen_t length, int with_port) {
    char text[INET6_ADDRSTRLEN] = "";
    if (s->ss_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)s)->sin_addr, text, sizeof text);
    else if (s->ss_family == AF_INET6) inet_ntop(AF_INET6, &((struct sockaddr_in6 *)s)->sin6_addr, text, sizeof text);
    else if (length > offsetof(struct sockaddr_un, sun_path)) { const char *path = ((struct sockaddr_un *)s)->sun_path; snprintf(text, sizeof text, "%s%.30s", *path ? "" : "@", *path ? path : path + 1); }
    printf("  %s: family %d, %u bytes, %s", label, s->ss_family, (unsigned)length, text);
    if (with_port && s->ss_family != AF_UNIX) printf(" port %d", ntohs(((struct sockaddr_in *)s)->sin_port));
    printf("\n");
}
static void names(int fd, int ports) {
    struct sockaddr_storage s; socklen_t length = sizeof s; memset(&s, 0, sizeof s);
    if (getsockname(fd, (struct sockaddr *)&s, &length)) printf("  own: %s\n", strerror(errno)); else name("own", &s, length, ports & 1);
    length = sizeof s; memset(&s, 0, sizeof s);
    if (getpeername(fd, (struct sockaddr *)&s, &length)) printf("  peer: %s\n", strerror(errno)); else name("peer", &s, length, ports & 2);
}
static int option(int fd, int level, int what) { int value = -7; socklen_t length = sizeof value; if (getsockopt(fd, level, what, &value, &length)) return -errno; return value; }
static void put(int fd, int level, int what, int value) { setsockopt(fd, level, what, &value, sizeof value); }

struct family { const char *title; int domain; struct sockaddr_storage address; socklen_t length; };
static struct family inet4(const char *address, int port) { struct family f = {address, AF_INET}; struct sockaddr_in *a = (void *)&f.address; a->sin_family = AF_INET; a->sin_port = htons(port); inet_pton(AF_INET, address, &a->sin_addr); f.length = sizeof *a; return f; }
static struct family inet6(const char *address, int port) { struct family f = {address, AF_INET6}; struct sockaddr_in6 *a = (void *)&f.address; a->sin6_family = AF_INET6; a->sin6_port = htons(port); inet_pton(AF_INET6, address, &a->sin6_addr); f.length = sizeof *a; return f; }
static struct family local(const char *path) { struct family f = {path, AF_UNIX}; struct sockaddr_un *a = (void *)&f.address; a->sun_family = AF_UNIX; strcpy(a->sun_path + (*path == '@'), path + (*path == '@')); f.length = offsetof(struct sockaddr_un, sun_path) + strlen(path) + (*path != '@'); return f; }
#define AT(f) (struct sockaddr *)&(f).address, (f).length

static void pair_of(struct family f, int fds[3], int linger) {
    int s = socket(f.domain, SOCK_STREAM, 0); put(s, SOL_SOCKET, SO_REUSEADDR, 1);
    SAY(bind(s, AT(f))); SAY(listen(s, 3));
    int c = socket(f.domain, SOCK_STREAM, 0); SAY(connect(c, AT(f)));
    struct sockaddr_storage from; socklen_t length = sizeof from; memset(&from, 0, sizeof from);
    int a = accept(s, (struct sockaddr *)&from, &length);
    printf("accepted %s\n", why(a < 0 ? -1 : 0)); name("from", &from, length, 0);
    if (linger) { struct linger l = {1, 0}; setsockopt(a, SOL_SOCKET, SO_LINGER, &l, sizeof l); }
    fds[0] = s; fds[1] = c; fds[2] = a;
}
static void end(int fds[3]) { for (int i = 0; i < 3; i++) close(fds[i]); }

static void life(struct family f) {
    int fds[3]; char text[64]; memset(text, 0, sizeof text);
    printf("== %s\n", f.title);
    int idle = socket(f.domain, SOCK_STREAM, 0); mask("new", idle); SAY(send(idle, "x", 1, MSG_NOSIGNAL)); SAY(recv(idle, text, 1, 0)); SAY(shutdown(idle, SHUT_RDWR)); SAY(listen(socket(f.domain, SOCK_DGRAM, 0), 1)); SAY(accept(idle, 0, 0)); names(idle, 3); close(idle);
    pair_of(f, fds, 0);
    names(fds[1], 2); names(fds[2], 1); mask("listener", fds[0]); mask("client", fds[1]);
    SAY(connect(fds[1], AT(f))); SAY(send(fds[0], "x", 1, MSG_NOSIGNAL)); SAY(recv(fds[0], text, 1, 0));
    SAY(send(fds[1], "hello world", 11, 0)); mask("server with bytes", fds[2]);
    int count = -1; SAY(ioctl(fds[2], FIONREAD, &count)); printf("  waiting %d\n", count);
    SAY(recv(fds[2], text, 5, MSG_PEEK)); SAY(recv(fds[2], text, 5, 0)); printf("  %.5s\n", text);
    SAY(recv(fds[2], text, 64, MSG_DONTWAIT)); SAY(recv(fds[2], text, 64, MSG_DONTWAIT));
    SAY(shutdown(fds[1], SHUT_WR)); mask("client half", fds[1]); mask("server half", fds[2]);
    SAY(recv(fds[2], text, 64, 0)); SAY(send(fds[1], "x", 1, MSG_NOSIGNAL)); SAY(send(fds[2], "answer", 6, 0)); SAY(recv(fds[1], text, 64, 0));
    SAY(shutdown(fds[2], SHUT_WR)); mask("client both", fds[1]); mask("server both", fds[2]); end(fds);
    unlink(f.title); pair_of(f, fds, 0); SAY(send(fds[1], "left", 4, 0)); SAY(close(fds[2])); usleep(2000); mask("client of unread", fds[1]); printf("  error %s\n", strerror(option(fds[1], SOL_SOCKET, SO_ERROR))); SAY(recv(fds[1], text, 64, 0)); mask("after", fds[1]); SAY(send(fds[1], "x", 1, MSG_NOSIGNAL)); end(fds);
    unlink(f.title); pair_of(f, fds, 0); SAY(send(fds[2], "last", 4, 0)); close(fds[2]); usleep(2000); mask("client of closed", fds[1]); SAY(recv(fds[1], text, 64, 0)); SAY(recv(fds[1], text, 64, 0)); SAY(send(fds[1], "x", 1, MSG_NOSIGNAL)); usleep(2000); mask("client wrote", fds[1]); SAY(send(fds[1], "x", 1, MSG_NOSIGNAL)); SAY(recv(fds[1], text, 64, 0)); end(fds);
    unlink(f.title); pair_of(f, fds, 1); close(fds[2]); usleep(2000); mask("client of linger 0", fds[1]); SAY(recv(fds[1], text, 64, 0)); end(fds);
    unlink(f.title); pair_of(f, fds, 0); int waiting = socket(f.domain, SOCK_STREAM, 0); SAY(connect(waiting, AT(f))); close(fds[0]); usleep(2000); mask("never accepted", waiting); SAY(recv(waiting, text, 64, 0)); SAY(connect(socket(f.domain, SOCK_STREAM, 0), AT(f))); end(fds); unlink(f.title);
}
static void later(struct family f) {
    printf("== without waiting, %s\n", f.title); char byte;
    int c = socket(f.domain, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SAY(connect(c, AT(f))); usleep(2000); mask("refused", c); printf("  error %s\n", strerror(option(c, SOL_SOCKET, SO_ERROR))); mask("then", c); SAY(connect(c, AT(f))); SAY(connect(c, AT(f))); usleep(2000); SAY(connect(c, AT(f))); close(c);
    int s = socket(f.domain, SOCK_STREAM | SOCK_NONBLOCK, 0); put(s, SOL_SOCKET, SO_REUSEADDR, 1); bind(s, AT(f)); listen(s, 5); SAY(accept(s, 0, 0));
    c = socket(f.domain, SOCK_STREAM | SOCK_NONBLOCK, 0); SAY(connect(c, AT(f))); usleep(2000); mask("made", c); SAY(recv(c, &byte, 1, 0)); SAY(connect(c, AT(f))); SAY(connect(c, AT(f))); printf("  error %s\n", strerror(option(c, SOL_SOCKET, SO_ERROR))); mask("listener", s); close(c); close(s);
}
static void urgent(void) {
    printf("== urgent\n"); struct family f = inet4("127.0.0.1", 7003); int fds[3], mark = -1; char text[16]; memset(text, 0, sizeof text);
    pair_of(f, fds, 0); SAY(recv(fds[2], text, 1, MSG_OOB)); SAY(send(fds[1], "ab!", 3, MSG_OOB)); usleep(2000); SAY(send(fds[1], "cd", 2, 0)); usleep(2000); mask("server", fds[2]);
    SAY(ioctl(fds[2], SIOCATMARK, &mark)); printf("  mark %d\n", mark); SAY(recv(fds[2], text, 16, 0)); SAY(ioctl(fds[2], SIOCATMARK, &mark)); printf("  mark %d\n", mark); SAY(recv(fds[2], text, 1, MSG_OOB)); printf("  %c\n", text[0]); SAY(recv(fds[2], text, 1, MSG_OOB)); SAY(recv(fds[2], text, 16, 0)); printf("  %.2s\n", text); mask("server", fds[2]);
    put(fds[2], SOL_SOCKET, SO_OOBINLINE, 1); SAY(send(fds[1], "xy", 2, MSG_OOB)); usleep(2000); SAY(recv(fds[2], text, 1, MSG_OOB)); SAY(recv(fds[2], text, 16, 0)); SAY(recv(fds[2], text, 16, 0)); end(fds);
}
static void both(void) {
    printf("== both families\n"); struct family any = inet6("::", 7004), four = inet4("0.0.0.0", 7004), mapped = inet6("::ffff:127.0.0.1", 7004), one = inet6("::1", 7004), plain = inet4("127.0.0.1", 7004);
    int s = socket(AF_INET6, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0); SAY(bind(s, AT(any))); SAY(listen(s, 9)); SAY(bind(t, AT(four)));
    struct family list[] = {mapped, one, plain};
    for (int i = 0; i < 3; i++) { int c = socket(list[i].domain, SOCK_STREAM, 0); SAY(connect(c, AT(list[i]))); names(c, 2); struct sockaddr_storage from; socklen_t length = sizeof from; int a = accept(s, (struct sockaddr *)&from, &length); name("from", &from, length, 0); names(a, 1); close(a); close(c); }
    close(s); s = socket(AF_INET6, SOCK_STREAM, 0); printf("only6 %d\n", option(s, IPPROTO_IPV6, IPV6_V6ONLY)); put(s, IPPROTO_IPV6, IPV6_V6ONLY, 1); struct family any5 = inet6("::", 7005), four5 = inet4("0.0.0.0", 7005), plain5 = inet4("127.0.0.1", 7005), mapped5 = inet6("::ffff:127.0.0.1", 7005), one5 = inet6("::1", 7005);
    SAY(bind(s, AT(any5))); SAY(listen(s, 9)); SAY(connect(t, AT(plain5))); SAY(connect(socket(AF_INET6, SOCK_STREAM, 0), AT(one5))); SAY(bind(t, AT(four5)));
    int c = socket(AF_INET6, SOCK_STREAM, 0); put(c, IPPROTO_IPV6, IPV6_V6ONLY, 1); SAY(connect(c, AT(mapped5))); SAY(connect(socket(AF_INET, SOCK_STREAM, 0), AT(one5))); SAY(connect(socket(AF_INET6, SOCK_STREAM, 0), AT(plain5))); SAY(bind(c, AT(plain5))); SAY(bind(socket(AF_INET, SOCK_STREAM, 0), AT(one5)));
    struct family far = inet6("2001:db8::1", 80), far4 = inet4("192.0.2.1", 80), near = inet6("fe80::1", 80); SAY(connect(socket(AF_INET6, SOCK_STREAM, 0), AT(far))); SAY(connect(socket(AF_INET, SOCK_STREAM, 0), AT(far4))); SAY(connect(socket(AF_INET6, SOCK_STREAM, 0), AT(near))); SAY(bind(socket(AF_INET6, SOCK_STREAM, 0), AT(far))); SAY(bind(socket(AF_INET, SOCK_STREAM, 0), AT(far4)));
}
static void reuse(void) {
    printf("== the same port\n"); struct family f = inet4("127.0.0.1", 7006), any = inet4("0.0.0.0", 7006), other = inet4("127.0.0.2", 7006);
    for (int how = 0; how < 4; how++) for (int listening = 0; listening < 2; listening++) { int a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
        if (how & 1) { put(a, SOL_SOCKET, SO_REUSEADDR, 1); put(b, SOL_SOCKET, SO_REUSEADDR, 1); put(u, SOL_SOCKET, SO_REUSEADDR, 1); put(v, SOL_SOCKET, SO_REUSEADDR, 1); }
        if (how & 2) { put(a, SOL_SOCKET, SO_REUSEPORT, 1); put(b, SOL_SOCKET, SO_REUSEPORT, 1); put(u, SOL_SOCKET, SO_REUSEPORT, 1); put(v, SOL_SOCKET, SO_REUSEPORT, 1); }
        bind(a, AT(f)); bind(u, AT(f)); if (listening) listen(a, 1); printf("%d %d: ", how, listening); int r = bind(b, AT(any)); printf("%s, ", why(r)); r = bind(v, AT(any)); printf("%s, ", why(r)); int w = socket(AF_INET, SOCK_STREAM, 0); r = bind(w, AT(other)); printf("%s\n", why(r)); close(a); close(b); close(u); close(v); close(w); }
}
static void options(void) {
    printf("== options\n"); int s = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, 0), u = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    printf("%d %d %d %d %d\n", option(s, SOL_SOCKET, SO_DOMAIN), option(s, SOL_SOCKET, SO_PROTOCOL), option(s, SOL_SOCKET, SO_ACCEPTCONN), option(s, SOL_SOCKET, SO_KEEPALIVE), option(s, SOL_SOCKET, SO_RCVLOWAT));
    printf("%d %d %d\n", option(six, SOL_SOCKET, SO_DOMAIN), option(u, SOL_SOCKET, SO_DOMAIN), option(u, SOL_SOCKET, SO_TYPE) == SOCK_SEQPACKET);
    printf("%d %d %d %d %d\n", option(s, IPPROTO_TCP, TCP_NODELAY), option(s, IPPROTO_TCP, TCP_KEEPIDLE), option(s, IPPROTO_TCP, TCP_KEEPINTVL), option(s, IPPROTO_TCP, TCP_KEEPCNT), option(s, IPPROTO_TCP, TCP_SYNCNT));
    printf("%d %d %d %d\n", option(s, IPPROTO_IP, IP_TTL), option(s, IPPROTO_IP, IP_TOS), option(s, IPPROTO_IP, IP_MULTICAST_TTL), option(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS));
    int bad[] = {0, -1, 300, 64}; for (int i = 0; i < 4; i++) { SAY(setsockopt(s, IPPROTO_IP, IP_TTL, &bad[i], 4)); SAY(setsockopt(s, IPPROTO_TCP, TCP_KEEPCNT, &bad[i], 4)); }
    SAY(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, bad, 2)); SAY(setsockopt(u, IPPROTO_TCP, TCP_NODELAY, &bad[3], 4)); SAY(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &bad[3], 4)); SAY(setsockopt(s, SOL_SOCKET, SO_TYPE, &bad[3], 4)); SAY(getsockopt(s, 99, 1, bad, &(socklen_t){4}));
    put(s, IPPROTO_TCP, TCP_NODELAY, 5); put(s, IPPROTO_TCP, TCP_KEEPIDLE, 30); put(s, SOL_SOCKET, SO_RCVLOWAT, 9); printf("%d %d %d\n", option(s, IPPROTO_TCP, TCP_NODELAY), option(s, IPPROTO_TCP, TCP_KEEPIDLE), option(s, SOL_SOCKET, SO_RCVLOWAT));
    struct timeval t = {0, 20000}; SAY(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t)); memset(&t, 0, sizeof t); socklen_t length = sizeof t; getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, &length); printf("%ld %ld\n", (long)t.tv_sec, (long)t.tv_usec); t.tv_usec = 2000000; SAY(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    struct family f = inet4("127.0.0.1", 7007); put(s, SOL_SOCKET, SO_REUSEADDR, 1); bind(s, AT(f)); listen(s, 1); printf("%d\n", option(s, SOL_SOCKET, SO_ACCEPTCONN)); SAY(accept(s, 0, 0));
    struct ucred c; length = sizeof c; SAY(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &length)); printf("%d %d\n", (int)c.uid, (int)c.gid);
    SAY(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP)); SAY(socket(AF_INET, SOCK_SEQPACKET, 0)); SAY(socket(AF_UNIX, SOCK_STREAM, 5)); SAY(socket(77, SOCK_STREAM, 0)); SAY(socket(AF_INET, SOCK_RAW, 0)); SAY(socket(AF_INET, 9, 0)); int p[2]; SAY(socketpair(AF_INET, SOCK_STREAM, 0, p));
}
static void full(void) {
    printf("== full\n"); int p[2]; socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p); char block[4096]; memset(block, 1, sizeof block); int n; while ((n = write(p[0], block, sizeof block)) > 0); SAY(n); mask("writer", p[0]); while (read(p[1], block, sizeof block) > 0); mask("writer", p[0]);
    pid_t child = fork(); if (!child) { close(p[1]); fcntl(p[0], F_SETFL, 0); static char large[300000]; long done = send(p[0], large, sizeof large, 0); _exit(done == sizeof large ? 0 : 1); }
    close(p[0]); fcntl(p[1], F_SETFL, 0); long all = 0; while ((n = recv(p[1], block, sizeof block, MSG_WAITALL)) > 0) all += n; int status; waitpid(child, &status, 0); printf("%ld %d\n", all, status);
    signal(SIGPIPE, SIG_IGN); socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p); SAY(send(p[0], "one", 3, 0)); SAY(send(p[0], "two!", 4, 0)); char text[3]; SAY(recv(p[1], text, 2, 0)); SAY(recv(p[1], text, 2, MSG_TRUNC)); SAY(shutdown(p[0], SHUT_WR)); SAY(recv(p[1], text, 2, 0)); mask("seqpacket", p[1]); close(p[0]); mask("seqpacket", p[1]); SAY(write(p[1], "x", 1));
}
int main(void) {
    signal(SIGPIPE, SIG_IGN); alarm(60);
    life(inet4("127.0.0.1", 7001)); life(inet6("::1", 7002)); unlink("/tmp/s"); life(local("/tmp/s")); life(local("@abstract"));
    later(inet4("127.0.0.1", 7008)); later(inet6("::1", 7009)); urgent(); both(); reuse(); options(); full();
    return 0;
}
