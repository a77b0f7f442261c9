/* What a process may do, and who looks on: capabilities, seccomp, ptrace, process_vm_readv. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined __mips__ && defined __MIPSEL__
#define ARCHITECTURE AUDIT_ARCH_MIPSEL
#elif defined __mips__
#define ARCHITECTURE AUDIT_ARCH_MIPS
#elif defined __i386__
#define ARCHITECTURE AUDIT_ARCH_I386
#else
#define ARCHITECTURE AUDIT_ARCH_ARM
#endif

static int status;
static volatile long word = 0x1234;
static void say(const char *what, long result) {
    int error = errno;
    printf("%s %ld %s\n", what, result, result == -1 ? strerror(error) : "");
}
static void ended(const char *what) {
    int stopped = WIFSTOPPED(status);
    printf("%s %s %s event %d\n", what, stopped ? "stopped" : WIFEXITED(status) ? "exited" : "killed",
           stopped ? strsignal(WSTOPSIG(status)) : WIFEXITED(status) ? "" : strsignal(WTERMSIG(status)), status >> 16);
}
static void line(const char *key) {
    char text[4096], *found;
    FILE *file = fopen("/proc/self/status", "r");
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    found = strstr(text, key);
    if (found) printf("%.*s\n", (int)strcspn(found, "\n"), found);
}

static struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
static struct __user_cap_data_struct sets[2];
static int has(int number) {
    syscall(SYS_capget, &head, sets);
    return sets[0].effective >> number & 1;
}
static void capabilities(void) {
    struct __user_cap_header_struct old = { 1, 0 };
    say("unknown version", syscall(SYS_capget, &old, sets));
    printf("preferred %d\n", old.version == _LINUX_CAPABILITY_VERSION_3);
    printf("chown %d bounding %d none %d\n", has(CAP_CHOWN), prctl(PR_CAPBSET_READ, CAP_NET_RAW), prctl(PR_CAPBSET_READ, 999));
    sets[0].effective &= ~(1 << CAP_CHOWN | 1 << CAP_SETUID);
    sets[0].permitted &= ~(1 << CAP_CHOWN);
    say("less", syscall(SYS_capset, &head, sets));
    say("chown", chown("/tmp", 1, 1));
    say("setuid", setuid(5));
    sets[0].permitted |= 1 << CAP_CHOWN;
    say("more", syscall(SYS_capset, &head, sets));
    has(0);
    sets[0].effective |= 1 << CAP_SETUID;
    say("again", syscall(SYS_capset, &head, sets));
    say("drop", prctl(PR_CAPBSET_DROP, CAP_NET_RAW));
    printf("bounding %d\n", prctl(PR_CAPBSET_READ, CAP_NET_RAW));
    say("saved", setresuid(5, 5, 0));
    printf("kill %d", has(CAP_KILL));
    say(" back", seteuid(0));
    printf("kill %d\n", has(CAP_KILL));
    prctl(PR_SET_KEEPCAPS, 1);
    say("away", setresuid(5, 5, 5));
    printf("kill %d permitted %d\n", has(CAP_KILL), sets[0].permitted >> CAP_KILL & 1);
    line("CapEff");
    say("root", setuid(0));
}

static void on_refused(int number, siginfo_t *information, void *context) {
    printf("SIGSYS %d %d %d %d\n", information->si_code, information->si_syscall == SYS_getuid,
           information->si_arch == ARCHITECTURE, information->si_errno);
    (void)number, (void)context;
}
static void filtered(void) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | 5),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getgid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog all = { sizeof program / sizeof *program, program }, none = { 0, program };
    struct sigaction action = { .sa_sigaction = on_refused, .sa_flags = SA_SIGINFO };
    sigaction(SIGSYS, &action, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    say("empty", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &none));
    say("filter", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all));
    say("getppid", syscall(SYS_getppid));
    syscall(SYS_getuid);
    line("Seccomp:");
    if (fork() == 0) { syscall(SYS_getgid); _exit(0); }
    wait(&status);
    ended("child");
}

static void on_user(int number) { word++; (void)number; }
static void tracee(void) {
    say("traceme", ptrace(PTRACE_TRACEME, 0, 0, 0));
    say("twice", ptrace(PTRACE_TRACEME, 0, 0, 0));
    signal(SIGUSR1, on_user);
    raise(SIGSTOP);
    raise(SIGUSR1);
    pid_t child = fork();
    if (child == 0) _exit(7);
    waitpid(child, 0, 0);
    _exit((int)word);
}
static void trace(void) {
    pid_t pid = fork();
    if (pid == 0) tracee();
    waitpid(pid, &status, 0);
    ended("first");
    errno = 0;
    printf("word %lx\n", ptrace(PTRACE_PEEKDATA, pid, &word, 0));
    say("poke", ptrace(PTRACE_POKEDATA, pid, &word, 40));
    errno = 0;
    say("peek nothing", ptrace(PTRACE_PEEKDATA, pid, 8, 0));
    char registers[1024];
    struct iovec vector = { registers, sizeof registers };
    say("registers", ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &vector));
    printf("some %d\n", vector.iov_len > 64 && vector.iov_len < sizeof registers);
    say("options", ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK));
    say("unknown option", ptrace(PTRACE_SETOPTIONS, pid, 0, 1 << 30));
    siginfo_t information;
    ptrace(PTRACE_CONT, pid, 0, 0);
    waitpid(pid, &status, 0);
    ended("second");
    ptrace(PTRACE_GETSIGINFO, pid, 0, &information);
    printf("signal %s\n", strsignal(information.si_signo));
    int calls = 0, forks = 0, children = 0, signal = SIGUSR1;
    unsigned long message = 0;
    ptrace(PTRACE_SYSCALL, pid, 0, signal);
    for (;;) {
        pid_t who = waitpid(-1, &status, __WALL);
        if (who < 0) break;
        signal = 0;
        if (!WIFSTOPPED(status)) {
            children += (unsigned long)who == message;
            if (who == pid) break;
            continue;
        }
        if (WSTOPSIG(status) == (SIGTRAP | 0x80)) calls++;
        else if (status >> 16 == PTRACE_EVENT_FORK) { forks++; ptrace(PTRACE_GETEVENTMSG, who, 0, &message); }
        else if (WSTOPSIG(status) != SIGSTOP) signal = WSTOPSIG(status);
        ptrace(who == pid ? PTRACE_SYSCALL : PTRACE_CONT, who, 0, signal);
    }
    printf("calls %d forks %d children %d status %d\n", calls >= 5, forks, children, WEXITSTATUS(status));
    say("nobody", ptrace(PTRACE_CONT, pid, 0, 0));
    say("itself", ptrace(PTRACE_ATTACH, getpid(), 0, 0));

    int hold[2];
    if (pipe(hold)) exit(1);
    if ((pid = fork()) == 0) { char byte; word = 7; _exit(read(hold[0], &byte, 1) != 1); }
    usleep(10000);
    long copy = 0;
    struct iovec here = { &copy, sizeof copy }, there = { (void *)&word, sizeof word };
    ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
    printf("read %d %ld\n", got == sizeof copy, copy);
    copy = 99;
    printf("write %d\n", (int)process_vm_writev(pid, &here, 1, &there, 1, 0) == sizeof copy);
    there.iov_base = (void *)8;
    say("nothing there", process_vm_readv(pid, &here, 1, &there, 1, 0));
    say("seize", ptrace(PTRACE_SEIZE, pid, 0, 0));
    say("runs", waitpid(pid, &status, WNOHANG));
    say("interrupt", ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    waitpid(pid, &status, 0);
    ended("third");
    errno = 0;
    printf("word %ld\n", ptrace(PTRACE_PEEKDATA, pid, &word, 0));
    say("detach", ptrace(PTRACE_DETACH, pid, 0, 0));
    if (write(hold[1], "", 1) != 1) exit(1);
    waitpid(pid, &status, 0);
    ended("last");
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    if (fork() == 0) { capabilities(); _exit(0); }
    wait(&status);
    if (fork() == 0) { filtered(); _exit(0); }
    wait(&status);
    ended("filtered");
    if (fork() == 0) { prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); getppid(); _exit(0); }
    wait(&status);
    ended("strict");
    trace();
    return 0;
}
