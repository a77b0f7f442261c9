/* What ss asks: sockets by NETLINK_SOCK_DIAG; and families of generic netlink. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char *lines[64];
static int count;
static void add(const char *line)
{
	if (count < 64)
		lines[count++] = strdup(line);
}
static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}
static void show(const char *name)
{
	qsort(lines, count, sizeof *lines, by_text);
	printf("-- %s\n", name);
	for (int i = 0; i < count; i++) {
		puts(lines[i]);
		free(lines[i]);
	}
	count = 0;
}

static unsigned long inode(int fd)
{
	struct stat st;
	fstat(fd, &st);
	return st.st_ino;
}
static int known[16], knowns;
static const char *whose(unsigned long number)
{
	static char text[16];
	for (int i = 0; i < knowns; i++)
		if (inode(known[i]) == number) {
			sprintf(text, "own%d", i);
			return text;
		}
	return number ? "other" : "none";
}

static void each(int fd, int type, void (*one)(struct nlmsghdr *))
{
	static char buffer[65536];
	for (int round = 0; round < 64; round++) {
		int n = recv(fd, buffer, sizeof buffer, 0);
		if (n <= 0)
			return;
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return;
			if (h->nlmsg_type == NLMSG_ERROR) {
				struct nlmsgerr *e = NLMSG_DATA(h);
				char line[64];
				snprintf(line, sizeof line, "error %s", e->error ? strerror(-e->error) : "none");
				add(line);
				return;
			}
			if (h->nlmsg_type == type)
				one(h);
			if (!(h->nlmsg_flags & NLM_F_MULTI))
				return;
		}
	}
}

static void inet(struct nlmsghdr *h)
{
	struct inet_diag_msg *m = NLMSG_DATA(h);
	char from[64], to[64], line[256];
	inet_ntop(m->idiag_family, m->id.idiag_src, from, sizeof from);
	inet_ntop(m->idiag_family, m->id.idiag_dst, to, sizeof to);
	snprintf(line, sizeof line, "family %d state %d %s %d > %s %d queue %u %u uid %u inode %s", m->idiag_family,
		 m->idiag_state, from, ntohs(m->id.idiag_sport), to, ntohs(m->id.idiag_dport), m->idiag_rqueue,
		 m->idiag_wqueue, m->idiag_uid, whose(m->idiag_inode));
	add(line);
}
static void ask_inet(int fd, int family, int protocol, unsigned states, const char *name)
{
	struct { struct nlmsghdr h; struct inet_diag_req_v2 r; } request;
	memset(&request, 0, sizeof request);
	request.h.nlmsg_len = sizeof request;
	request.h.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	request.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request.r.sdiag_family = family;
	request.r.sdiag_protocol = protocol;
	request.r.idiag_states = states;
	send(fd, &request, sizeof request, 0);
	each(fd, SOCK_DIAG_BY_FAMILY, inet);
	show(name);
}

static void unixes(struct nlmsghdr *h)
{
	struct unix_diag_msg *m = NLMSG_DATA(h);
	int left = h->nlmsg_len - NLMSG_LENGTH(sizeof *m);
	char name[128] = "-", line[256], peer[16] = "-";
	int waiting = -1, shut = -1;
	unsigned queue[2] = {99, 99};
	for (struct nlattr *a = (void *)(m + 1); left >= (int)sizeof *a; ) {
		int length = a->nla_len - NLA_HDRLEN;
		char *data = (char *)a + NLA_HDRLEN;
		if (a->nla_type == UNIX_DIAG_NAME)
			snprintf(name, sizeof name, "%c%.*s", data[0] ? data[0] : '@', length - 1, data + 1);
		if (a->nla_type == UNIX_DIAG_PEER)
			strcpy(peer, whose(*(unsigned *)data));
		if (a->nla_type == UNIX_DIAG_ICONS)
			waiting = length / 4;
		if (a->nla_type == UNIX_DIAG_SHUTDOWN)
			shut = *data;
		if (a->nla_type == UNIX_DIAG_RQLEN)
			memcpy(queue, data, 8);
		left -= NLA_ALIGN(a->nla_len);
		a = (void *)((char *)a + NLA_ALIGN(a->nla_len));
	}
	snprintf(line, sizeof line, "type %d state %d %s name %s peer %s waiting %d shut %d queue %d", m->udiag_type,
		 m->udiag_state, whose(m->udiag_ino), name, peer, waiting, shut,
		 m->udiag_state == 10 ? (int)(queue[0] * 100 + queue[1]) : (int)queue[0]);
	add(line);
}
static void ask_unix(int fd, unsigned states, const char *name)
{
	struct { struct nlmsghdr h; struct unix_diag_req r; } request;
	memset(&request, 0, sizeof request);
	request.h.nlmsg_len = sizeof request;
	request.h.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	request.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request.r.sdiag_family = AF_UNIX;
	request.r.udiag_states = states;
	request.r.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN;
	send(fd, &request, sizeof request, 0);
	each(fd, SOCK_DIAG_BY_FAMILY, unixes);
	show(name);
}

static void family(struct nlmsghdr *h)
{
	struct genlmsghdr *g = NLMSG_DATA(h);
	int left = h->nlmsg_len - NLMSG_LENGTH(sizeof *g), number = -1;
	char name[32] = "-", line[128];
	for (struct nlattr *a = (void *)(g + 1); left >= (int)sizeof *a; ) {
		char *data = (char *)a + NLA_HDRLEN;
		if (a->nla_type == CTRL_ATTR_FAMILY_NAME)
			snprintf(name, sizeof name, "%s", data);
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			number = *(unsigned short *)data;
		left -= NLA_ALIGN(a->nla_len);
		a = (void *)((char *)a + NLA_ALIGN(a->nla_len));
	}
	snprintf(line, sizeof line, "command %d name %s number %d", g->cmd, name, number);
	add(line);
}
static void ask_family(int fd, int type, const char *wanted)
{
	struct { struct nlmsghdr h; struct genlmsghdr g; struct nlattr a; char name[20]; } request;
	memset(&request, 0, sizeof request);
	request.h.nlmsg_type = type;
	request.h.nlmsg_flags = NLM_F_REQUEST;
	request.g.cmd = CTRL_CMD_GETFAMILY;
	request.g.version = 1;
	request.a.nla_type = CTRL_ATTR_FAMILY_NAME;
	request.a.nla_len = NLA_HDRLEN + strlen(wanted) + 1;
	strcpy(request.name, wanted);
	request.h.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) + NLA_ALIGN(request.a.nla_len);
	send(fd, &request, request.h.nlmsg_len, 0);
	each(fd, GENL_ID_CTRL, family);
	show(wanted);
}

static int bound(int family, int type, int port)
{
	int fd = socket(family, type, 0);
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	if (family == AF_INET)
		bind(fd, (void *)&four, sizeof four);
	else
		bind(fd, (void *)&six, sizeof six);
	known[knowns++] = fd;
	return fd;
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	int control = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = {.ifr_name = "lo"};
	ioctl(control, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	ioctl(control, SIOCSIFFLAGS, &request);
	int server = bound(AF_INET, SOCK_STREAM, 7070);
	listen(server, 5);
	int client = bound(AF_INET, SOCK_STREAM, 7071);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7070), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	connect(client, (void *)&to, sizeof to);
	int accepted = known[knowns++] = accept(server, NULL, NULL);
	if (write(client, "hello", 5) != 5)
		return 1;
	int datagrams = bound(AF_INET, SOCK_DGRAM, 5353);
	(void)datagrams;
	bound(AF_INET6, SOCK_DGRAM, 5354);
	int six = bound(AF_INET6, SOCK_STREAM, 7072);
	listen(six, 3);
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	ask_inet(fd, AF_INET, IPPROTO_TCP, -1U, "tcp");
	ask_inet(fd, AF_INET, IPPROTO_TCP, 1 << 10, "tcp that listens");
	ask_inet(fd, AF_INET, IPPROTO_UDP, -1U, "udp");
	ask_inet(fd, AF_INET6, IPPROTO_UDP, -1U, "udp6");
	ask_inet(fd, AF_INET6, IPPROTO_TCP, -1U, "tcp6");
	shutdown(accepted, SHUT_WR);
	close(server);
	ask_inet(fd, AF_INET, IPPROTO_TCP, 1 << 8, "half closed");

	struct sockaddr_un path = {.sun_family = AF_UNIX};
	int named = known[knowns++] = socket(AF_UNIX, SOCK_STREAM, 0);
	memcpy(path.sun_path, "\0diag", 5);
	bind(named, (void *)&path, sizeof(sa_family_t) + 5);
	listen(named, 7);
	int other = known[knowns++] = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(other, (void *)&path, sizeof(sa_family_t) + 5);
	int pair[2];
	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	known[knowns++] = pair[0];
	known[knowns++] = pair[1];
	shutdown(pair[0], SHUT_RD);
	ask_unix(fd, 1 << 10, "unix that listens");
	ask_unix(fd, 1 << 1, "unix connected");

	int generic = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	ask_family(generic, GENL_ID_CTRL, "nlctrl");
	ask_family(generic, GENL_ID_CTRL, "nl80211");
	ask_family(generic, 1000, "unknown number");
	return 0;
}
