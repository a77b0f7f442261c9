// Datagrams: UDP over IPv4 and IPv6, UNIX; errors of missing receivers, control messages, groups, descriptors, credentials.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
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
static void mask(const char *label, int fd) { struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0}; poll(&p, 1, 0); int m = p.revents; printf("  %s:%s%s%s%s%s\n", label, m & POLLIN ? " in" : "", m & POLLOUT ? " out" : "", m & POLLRDHUP ? " rdhup" : "", m & POLLERR ? " err" : "", m & POLLHUP ? " hup" : ""); }
static int option(int fd, int level, int what) { int value = -7; socklen_t length = sizeof value; if (getsockopt(fd, level, what, &value, &length)) return -errno; return value; }
static void put(int fd, int level, int what, int value) { setsockopt(fd, level, what, &value, sizeof value); }
struct family { const char *title; int domain; struct sockaddr_storage address; socklen_t length; };
static struct family inet4(const char *address, int port) { struct family f = {address, AF_INET}; struct sockaddr_in *a = (void *)&f.address; a->sin_family = AF_INET; a->sin_port = htons(port); inet_pton(AF_INET, address, &a->sin_addr); f.length = sizeof *a; return f; }
static struct family inet6(const char *address, int port) { struct family f = {address, AF_INET6}; struct sockaddr_in6 *a = (void *)&f.address; a->sin6_family = AF_INET6; a->sin6_port = htons(port); inet_pton(AF_INET6, address, &a->sin6_addr); f.length = sizeof *a; return f; }
static struct family local(const char *path) { struct family f = {path, AF_UNIX}; struct sockaddr_un *a = (void *)&f.address; a->sun_family = AF_UNIX; strcpy(a->sun_path + (*path == '@'), path + (*path == '@')); f.length = offsetof(struct sockaddr_un, sun_path) + strlen(path) + (*path != '@'); return f; }
#define AT(f) (struct sockaddr *)&(f).address, (f).length

static void receive(const char *label, int fd, int flags) {
    char bytes[32]; memset(bytes, 0, sizeof bytes); struct iovec v = {bytes, 8}; union { char room[512]; struct cmsghdr h; } control; struct sockaddr_storage from; memset(&from, 0, sizeof from);
    struct msghdr m = {&from, sizeof from, &v, 1, control.room, sizeof control.room, 0};
    long n = recvmsg(fd, &m, flags | MSG_DONTWAIT); if (n < 0) { printf("  %s: %s\n", label, strerror(errno)); return; }
    char text[INET6_ADDRSTRLEN] = "-"; if (from.ss_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)&from)->sin_addr, text, sizeof text); if (from.ss_family == AF_INET6) inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&from)->sin6_addr, text, sizeof text);
    if (from.ss_family == AF_UNIX && m.msg_namelen > 2) { const char *path = ((struct sockaddr_un *)&from)->sun_path; snprintf(text, sizeof text, "%s%.9s", *path ? "" : "@", *path ? path : path + 1); }
    printf("  %s: %ld %.8s from %s (%d bytes)%s%s\n", label, n, bytes, text, (int)m.msg_namelen, m.msg_flags & MSG_TRUNC ? " cut" : "", m.msg_flags & MSG_CTRUNC ? " control cut" : "");
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) { struct in_pktinfo i; memcpy(&i, CMSG_DATA(c), sizeof i); printf("    pktinfo %d %s", i.ipi_ifindex, inet_ntoa(i.ipi_spec_dst)); printf(" %s\n", inet_ntoa(i.ipi_addr)); }
        else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) { int i; memcpy(&i, CMSG_DATA(c), sizeof i); printf("    ttl %d\n", i); }
        else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) printf("    tos %d\n", *CMSG_DATA(c));
        else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) { struct in6_pktinfo i; memcpy(&i, CMSG_DATA(c), sizeof i); inet_ntop(AF_INET6, &i.ipi6_addr, text, sizeof text); printf("    pktinfo6 %d %s\n", i.ipi6_ifindex, text); }
        else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT) { int i; memcpy(&i, CMSG_DATA(c), sizeof i); printf("    hops %d\n", i); }
        else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) || (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) { struct sock_extended_err e; memcpy(&e, CMSG_DATA(c), sizeof e); printf("    fault %s origin %d type %d code %d\n", strerror(e.ee_errno), e.ee_origin, e.ee_type, e.ee_code); }
        else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) printf("    %d descriptors\n", (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)));
        else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) { struct ucred u; memcpy(&u, CMSG_DATA(c), sizeof u); printf("    credentials %s %d %d\n", u.pid == getpid() ? "own" : u.pid ? "other" : "none", (int)u.uid, (int)u.gid); }
        else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMP) printf("    time\n");
        else printf("    level %d type %d\n", c->cmsg_level, c->cmsg_type);
    }
}
static void udp(struct family f, struct family none) {
    printf("== %s\n", f.title); int s = socket(f.domain, SOCK_DGRAM, 0), c = socket(f.domain, SOCK_DGRAM, 0); char text[16];
    mask("new", s); SAY(bind(s, AT(f))); SAY(bind(s, AT(f))); SAY(send(c, "x", 1, 0)); SAY(recv(s, text, 9, MSG_DONTWAIT)); SAY(accept(s, 0, 0));
    SAY(sendto(c, "one", 3, 0, AT(f))); SAY(sendto(c, "", 0, 0, AT(f))); SAY(sendto(c, "a longer one", 12, 0, AT(f))); mask("waiting", s); int n = -1; ioctl(s, FIONREAD, &n); printf("  next %d\n", n);
    SAY(recv(s, text, 9, MSG_PEEK)); SAY(recv(s, text, 9, 0)); SAY(recv(s, text, 9, 0)); SAY(recv(s, text, 4, MSG_TRUNC)); SAY(recv(s, text, 4, MSG_DONTWAIT));
    put(s, IPPROTO_IP, IP_PKTINFO, 1); put(s, IPPROTO_IP, IP_RECVTTL, 1); put(s, SOL_SOCKET, SO_TIMESTAMP, 1); if (f.domain == AF_INET6) { put(s, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1); put(s, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1); } else put(s, IPPROTO_IP, IP_RECVTOS, 1);
    sendto(c, "beside it", 9, 0, AT(f)); receive("server", s, 0); receive("server", s, 0);
    SAY(sendto(c, "lost", 4, 0, AT(none))); usleep(2000); SAY(recv(c, text, 9, MSG_DONTWAIT));
    SAY(connect(c, AT(none))); SAY(send(c, "lost", 4, 0)); usleep(2000); mask("refused", c); SAY(send(c, "lost", 4, 0)); SAY(send(c, "lost", 4, 0)); usleep(2000); printf("  %s\n", strerror(option(c, SOL_SOCKET, SO_ERROR))); SAY(recv(c, text, 9, MSG_DONTWAIT));
    put(c, f.domain == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, f.domain == AF_INET ? IP_RECVERR : IPV6_RECVERR, 1); SAY(send(c, "lost", 4, 0)); usleep(2000); mask("told", c); receive("queue", c, MSG_ERRQUEUE); receive("queue", c, MSG_ERRQUEUE); mask("told", c);
    struct sockaddr nobody; memset(&nobody, 0, sizeof nobody); nobody.sa_family = AF_UNSPEC; SAY(connect(c, &nobody, sizeof nobody)); SAY(send(c, "x", 1, 0)); SAY(connect(c, AT(f))); SAY(send(c, "x", 1, 0)); SAY(shutdown(c, SHUT_WR)); SAY(send(c, "x", 1, MSG_NOSIGNAL)); SAY(shutdown(s, SHUT_RD)); 
    struct family zero = f; ((struct sockaddr_in *)&zero.address)->sin_port = 0; int d = socket(f.domain, SOCK_DGRAM, 0); SAY(sendto(d, "x", 1, 0, AT(zero))); static char huge[70000]; SAY(sendto(d, huge, sizeof huge, 0, AT(f))); SAY(sendto(d, "x", 1, 0, (struct sockaddr *)&f.address, 4)); SAY(sendto(d, "x", 1, MSG_OOB, AT(f)));
    close(s); close(c); close(d);
}
static void many(void) {
    printf("== many\n"); struct family f = inet4("127.0.0.1", 7101); int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0); bind(s, AT(f)); connect(c, AT(f)); char bytes[4][8]; struct iovec v[4]; struct mmsghdr m[4]; memset(m, 0, sizeof m);
    for (int i = 0; i < 4; i++) { sprintf(bytes[i], "m%d", i); v[i].iov_base = bytes[i]; v[i].iov_len = 2 + i; m[i].msg_hdr.msg_iov = &v[i]; m[i].msg_hdr.msg_iovlen = 1; } SAY(sendmmsg(c, m, 4, 0)); printf("  %d %d\n", m[0].msg_len, m[3].msg_len);
    for (int i = 0; i < 4; i++) { v[i].iov_len = 8; m[i].msg_len = 0; } SAY(recvmmsg(s, m, 3, 0, 0)); printf("  %d %d\n", m[0].msg_len, m[2].msg_len); SAY(recvmmsg(s, m, 4, MSG_WAITFORONE, 0)); SAY(recvmmsg(s, m, 4, MSG_DONTWAIT, 0)); close(s); close(c);
}
static void groups(void) {
    printf("== groups\n"); struct family any = inet4("0.0.0.0", 7102), group = inet4("239.1.2.3", 7102); int s = socket(AF_INET, SOCK_DGRAM, 0), t = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0); put(s, SOL_SOCKET, SO_REUSEADDR, 1); put(t, SOL_SOCKET, SO_REUSEADDR, 1); SAY(bind(s, AT(any))); SAY(bind(t, AT(any)));
    struct ip_mreq r; inet_pton(AF_INET, "239.1.2.3", &r.imr_multiaddr); inet_pton(AF_INET, "127.0.0.1", &r.imr_interface); SAY(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof r)); SAY(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof r)); put(t, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    SAY(sendto(c, "x", 1, 0, AT(group))); SAY(setsockopt(c, IPPROTO_IP, IP_MULTICAST_IF, &r.imr_interface, 4)); SAY(sendto(c, "group", 5, 0, AT(group))); usleep(2000); receive("member", s, 0); receive("other", t, 0); put(c, IPPROTO_IP, IP_MULTICAST_LOOP, 0); printf("  %d %d\n", option(c, IPPROTO_IP, IP_MULTICAST_LOOP), option(c, IPPROTO_IP, IP_MULTICAST_TTL));
    SAY(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &r, sizeof r)); SAY(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &r, sizeof r)); inet_pton(AF_INET, "10.1.2.3", &r.imr_multiaddr); SAY(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof r));
    struct family wide = inet4("255.255.255.255", 7102); SAY(sendto(c, "x", 1, 0, AT(wide))); close(s); close(t); close(c);
}
static void descriptors(void) {
    printf("== along\n"); int p[2], q[2]; socketpair(AF_UNIX, SOCK_DGRAM, 0, p); put(p[1], SOL_SOCKET, SO_PASSCRED, 1); if (pipe(q)) return; union { char room[CMSG_SPACE(sizeof(int) * 2)]; struct cmsghdr h; } control; memset(&control, 0, sizeof control); struct iovec v = {"fd", 2}; struct msghdr m = {0, 0, &v, 1, control.room, sizeof control.room, 0}; struct cmsghdr *c = CMSG_FIRSTHDR(&m); c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_RIGHTS; c->cmsg_len = CMSG_LEN(sizeof q); memcpy(CMSG_DATA(c), q, sizeof q);
    SAY(sendmsg(p[0], &m, 0)); receive("with descriptors", p[1], MSG_CMSG_CLOEXEC); pid_t child = fork(); if (!child) { SAY(send(p[0], "child", 5, 0)); fflush(stdout); _exit(0); } waitpid(child, 0, 0); receive("of a child", p[1], 0); m.msg_control = 0; m.msg_controllen = 0; SAY(sendmsg(p[0], &m, 0)); char small[4]; struct iovec w = {small, 4}; struct msghdr r = {0, 0, &w, 1, small, 2, 0}; SAY(recvmsg(p[1], &r, 0)); printf("  %s\n", r.msg_flags & MSG_CTRUNC ? "control cut" : "whole");
    close(p[0]); close(p[1]); close(q[0]); close(q[1]);
}
static void named(void) {
    printf("== names\n"); unlink("/tmp/d"); struct family path = local("/tmp/d"), hidden = local("@hidden"), missing = local("/tmp/none"); int s = socket(AF_UNIX, SOCK_DGRAM, 0), h = socket(AF_UNIX, SOCK_DGRAM, 0), c = socket(AF_UNIX, SOCK_DGRAM, 0); SAY(bind(s, AT(path))); SAY(bind(socket(AF_UNIX, SOCK_DGRAM, 0), AT(path))); SAY(bind(h, AT(hidden))); SAY(bind(socket(AF_UNIX, SOCK_DGRAM, 0), AT(hidden))); SAY(bind(socket(AF_UNIX, SOCK_STREAM, 0), AT(hidden))); SAY(bind(s, AT(hidden)));
    SAY(sendto(c, "to path", 7, 0, AT(path))); receive("path", s, 0); SAY(sendto(h, "to path", 7, 0, AT(path))); receive("path", s, 0); SAY(sendto(c, "x", 1, 0, AT(missing))); SAY(connect(socket(AF_UNIX, SOCK_STREAM, 0), AT(path))); SAY(connect(c, AT(path))); SAY(send(c, "x", 1, 0)); SAY(connect(s, AT(hidden))); SAY(sendto(c, "x", 1, 0, AT(path))); SAY(send(s, "y", 1, 0)); receive("hidden", h, 0); unlink("/tmp/d"); SAY(sendto(h, "x", 1, 0, AT(path))); SAY(send(c, "x", 1, MSG_DONTWAIT)); close(s); SAY(send(c, "x", 1, MSG_NOSIGNAL));
    struct sockaddr_un only = {AF_UNIX}; int a = socket(AF_UNIX, SOCK_DGRAM, 0); SAY(bind(a, (void *)&only, sizeof only.sun_family)); struct sockaddr_un got; socklen_t length = sizeof got; getsockname(a, (void *)&got, &length); printf("  %u bytes, %s\n", (unsigned)length, got.sun_path[0] ? "path" : "abstract"); close(a); close(h); close(c);
}
int main(void) {
    alarm(60); udp(inet4("127.0.0.1", 7103), inet4("127.0.0.1", 7199)); udp(inet6("::1", 7104), inet6("::1", 7198)); many(); groups(); descriptors(); named();
    return 0;
}
