/* System calls without a libc: signals with both frames, fork, wait, vfork, pipes, threads, shared memory, time.
 * Prints one line per check; the lines are the same under qemu-mips(el)-static.
 * Build: mipsel-linux-gnu-gcc -Os -nostdlib -static -mno-abicalls -fno-pic -ffreestanding -fno-builtin -G0
 *        -Wl,--build-id=none,-z,noseparate-code -o calls.mipsel calls.c; then strip. The same with mips-linux-gnu-gcc for calls.mips. */
typedef unsigned int u32;
typedef unsigned long long u64;

static long call(long n, long a, long b, long c, long d, long e, long f) {
    register long v0 __asm__("$2") = n;
    register long a0 __asm__("$4") = a;
    register long a1 __asm__("$5") = b;
    register long a2 __asm__("$6") = c;
    register long a3 __asm__("$7") = d;
    __asm__ volatile("subu $sp, 32\n sw %5, 16($sp)\n sw %6, 20($sp)\n syscall\n addiu $sp, 32\n"
                     : "+r"(v0), "+r"(a3)
                     : "r"(a0), "r"(a1), "r"(a2), "r"(e), "r"(f)
                     : "memory", "$1", "$3", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "hi", "lo");
    return a3 ? -v0 : v0;
}
#define C0(n) call(4000 + n, 0, 0, 0, 0, 0, 0)
#define C1(n, a) call(4000 + n, (long)(a), 0, 0, 0, 0, 0)
#define C2(n, a, b) call(4000 + n, (long)(a), (long)(b), 0, 0, 0, 0)
#define C3(n, a, b, c) call(4000 + n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define C4(n, a, b, c, d) call(4000 + n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define C6(n, a, b, c, d, e, f) call(4000 + n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static void text(const char *s) {
    int n = 0;
    while (s[n]) n++;
    C3(4, 1, s, n);
}
static void number(long v) {
    char b[16];
    int i = 16;
    u32 u = v < 0 ? -v : v;
    do b[--i] = '0' + u % 10, u /= 10;
    while (u);
    if (v < 0) b[--i] = '-';
    C3(4, 1, b + i, 16 - i);
}
static void say(const char *name, long a, long b) {
    text(name);
    text(" ");
    number(a);
    text(" ");
    number(b);
    text("\n");
}

struct action { u32 flags; void *handler; u32 mask[4]; };
static volatile int seen, info_code, info_pid;
static void plain(int s) { seen = s; }
static void detailed(int s, int *info, void *u) {
    seen = s;
    info_code = info[1];
    info_pid = info[3];
}
static void segv(int s, int *info, u32 *u) {
    seen = s;
    info_pid = info[3];
    /* uc_mcontext.sc_pc: step over the store */
    u64 *pc = (u64 *)((char *)u + 24 + 8);
    *pc += 4;
}
static void install(int s, void *f, u32 flags) {
    struct action a = {flags, f, {0, 0, 0, 0}};
    C4(194, s, &a, 0, 16);
}

static volatile int counter, done;
static char stack[4][4096] __attribute__((aligned(8)));
static int thread(void) {
    for (int i = 0; i < 1000; i++) __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
    C3(238, &done, 1, 1);
    C1(1, 0);
    return 0;
}
static void start_thread(char *top) {
    register long v0 __asm__("$2") = 4120;
    register long a0 __asm__("$4") = 0x50f00; /* VM FS FILES SIGHAND THREAD SYSVSEM */
    register long a1 __asm__("$5") = (long)top - 32;
    register long a2 __asm__("$6") = 0;
    register long a3 __asm__("$7") = 0;
    __asm__ volatile("sw %5, 28($5)\n syscall\n bnez $2, 1f\n nop\n lw $25, 28($29)\n jalr $25\n nop\n1:\n"
                     : "+r"(v0), "+r"(a3)
                     : "r"(a0), "r"(a1), "r"(a2), "r"(thread)
                     : "memory", "$1", "$3", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "$31", "hi", "lo");
}

void __attribute__((noreturn)) __start(void) {
    int pid = C0(20), fds[2], status = 0;
    char b[64];
    install(16, plain, 0);
    C2(37, pid, 16);
    say("usr1", seen, 0);
    install(17, detailed, 8);
    C2(37, pid, 17);
    say("usr2", seen, info_pid == pid);
    install(11, segv, 8);
    *(volatile int *)0x20 = 1;
    say("segv", seen, info_pid);
    C2(328, fds, 0);
    int child = C0(2);
    if (!child) {
        C3(4, fds[1], "hello", 5);
        C1(1, 7);
    }
    C4(114, child, &status, 0, 0);
    say("fork", C3(3, fds[0], b, 64), status);
    child = C0(2);
    if (!child) {
        C1(29, 0);
        C1(1, 0);
    }
    C2(37, child, 9);
    C4(114, child, &status, 0, 0);
    say("kill", status, C4(114, -1, &status, 0, 0));
    for (int i = 0; i < 4; i++) start_thread(stack[i] + 4096);
    while (done < 4) C4(238, &done, 0, done, 0);
    say("threads", counter, done);
    int *shared = (int *)C6(210, 0, 4096, 3, 0x801, -1, 0);
    child = C0(2);
    if (!child) {
        *shared = 42;
        C1(1, 0);
    }
    C4(114, child, &status, 0, 0);
    say("shared", *shared, status);
    int before[2], after[2], sleep[2] = {1, 500000000};
    C2(263, 1, before);
    C2(166, sleep, 0);
    C2(263, 1, after);
    int tenths = (after[0] - before[0]) * 10 + (after[1] - before[1]) / 100000000;
    say("slept", tenths >= 15 && tenths < 20, 0);
    install(14, plain, 0);
    C1(27, 1);
    say("alarm", C0(29), seen);
    say("errors", C3(5, "/nonexistent", 0, 0), C1(6, 99));
    say("unknown", C0(999), C2(37, 99999, 0));
    u32 *page = (u32 *)C6(210, 0, 8192, 3, 0x802, -1, 0);
    page[1024] = 1;
    say("unmap", C2(91, page, 4096), page[1024]);
    C3(4, fds[1], "x", 1);
    long protected = C3(125, page + 1024, 4096, 1);
    say("protect", protected, C3(3, fds[0], page + 1024, 1));
    C1(246, 9);
    for (;;);
}
