/* Calls of ARM's old ABI: numbers in the instruction, 64-bit arguments in any registers, structures whose members of 64
 * bits stand at words and that end at words (arch/arm/kernel/sys_oabi-compat.c of Linux). Compilers no longer make such
 * programs, so structures are arrays of words here. Prints one line per check, the same in both byte orders.
 * Build: arm-linux-gnueabi-gcc -Os -nostdlib -static -fno-pic -ffreestanding -fno-builtin -march=armv5te -marm
 *        -mfloat-abi=soft -Wl,--build-id=none,-z,noseparate-code,-s -o oabi.OUT oabi.c, with
 *        little: nothing more    big: -mbig-endian */
typedef unsigned int u32;
typedef unsigned short u16;

#define OLD(...) OLD_WITH(__VA_ARGS__)
#define OLD_WITH(number, a, b, c, d, e) ({ \
    register long r0 __asm__("r0") = (long)(a); \
    register long r1 __asm__("r1") = (long)(b); \
    register long r2 __asm__("r2") = (long)(c); \
    register long r3 __asm__("r3") = (long)(d); \
    register long r4 __asm__("r4") = (long)(e); \
    __asm__ volatile("swi %1" : "+r"(r0) : "i"(0x900000 + (number)), "r"(r1), "r"(r2), "r"(r3), "r"(r4) : "memory"); \
    r0; })

static long eabi(long number, long a) {
    register long r7 __asm__("r7") = number;
    register long r0 __asm__("r0") = a;
    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7) : "memory");
    return r0;
}

static void text(const char *s) {
    int n = 0;
    while (s[n]) n++;
    OLD(4, 1, s, n, 0, 0);
}
static void check(const char *name, int holds) {
    text(name);
    text(holds ? " ok\n" : " WRONG\n");
}

/* What the compiler calls for structures. */
void *memcpy(void *to, const void *from, u32 bytes) {
    for (u32 i = 0; i < bytes; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
    return to;
}
void *memset(void *to, int value, u32 bytes) {
    for (u32 i = 0; i < bytes; i++) ((volatile char *)to)[i] = value;
    return to;
}

/* The words of a 64-bit number in order. */
#ifdef __ARMEB__
#define WIDE(value) 0, (value)
#define LOW 1
#else
#define WIDE(value) (value), 0
#define LOW 0
#endif

static void files(void) {
    char buffer[8] = { 0 };
    long file = OLD(5, "/tmp/old", 0102, 0600, 0, 0);
    check("write", OLD(4, file, "0123456789", 10, 0, 0) == 10);
    long got = OLD(180, file, buffer, 4, WIDE(6));
    check("pread64", got == 4 && buffer[0] == '6' && buffer[3] == '9');
    check("ftruncate64", OLD(194, file, WIDE(1234), 0, 0) == 0);
    u32 stat[26];
    stat[24] = 0x55aa;
    check("fstat64", OLD(197, file, stat, 0, 0, 0) == 0 && stat[11 + LOW] == 1234 && stat[13] == 4096);
    check("fstat64 ends", stat[3] == stat[22 + LOW] && stat[24] == 0x55aa);
    u32 lock[6] = { 0, WIDE(5), WIDE(10), 0 };
    ((u16 *)lock)[0] = 1;
    check("fcntl64", OLD(221, file, 13, lock, 0, 0) == 0);
    lock[1] = lock[2] = -5;
    check("fcntl64 below 0", OLD(221, file, 13, lock, 0, 0) == -22);
    u32 found[24];
    found[21] = 0x55aa;
    check("statfs64", OLD(266, "/tmp", 84, found, 0, 0) == 0 && found[21] == 0x55aa);
}

static void waiting(void) {
    long ends[2];
    long epoll = OLD(250, 1, 0, 0, 0, 0);
    check("pipe", OLD(42, ends, 0, 0, 0, 0) == 0);
    u32 event[3] = { 1, 0x11111111, 0x22222222 };
    check("epoll_ctl", OLD(251, epoll, 1, ends[0], event, 0) == 0);
    OLD(4, ends[1], "x", 1, 0, 0);
    u32 events[6] = { 0, 0, 0, 0x55aa, 0, 0 };
    long count = OLD(252, epoll, events, 2, 0, 0);
    check("epoll_wait", count == 1 && events[0] == 1 && events[1] == 0x11111111 && events[2] == 0x22222222);
    check("epoll_wait ends", events[3] == 0x55aa);
    u32 time[2] = { 0, 0 }, arguments[5] = { 0, 0, 0, 0, (u32)time };
    check("select", OLD(82, arguments, 0, 0, 0, 0) == 0);
}

static void semaphores(void) {
    long set = OLD(299, 0, 2, 0600, 0, 0);
    u16 operations[8] = { 0, 1, 0, 0x55aa, 1, 2, 0, 0x55aa };
    check("semop", OLD(298, set, operations, 2, 0, 0) == 0);
    check("semctl", OLD(300, set, 1, 12, 0, 0) == 2);
    check("ipc", OLD(117, 1, set, 2, 0, operations) == 0);
    check("semctl again", OLD(300, set, 1, 12, 0, 0) == 4);
    OLD(300, set, 0, 0, 0, 0);
}

static void sockets(void) {
    u16 address[56] = { 1 };
    char *path = (char *)(address + 1);
    for (int i = 0; i < 5; i++) path[i] = "/tmp/"[i];
    path[5] = 'a';
    long socket = OLD(281, 1, 2, 0, 0, 0);
    check("bind", OLD(282, socket, address, 112, 0, 0) == 0);
    path[5] = 'b';
    u32 arguments[3] = { 1, 2, 0 };
    arguments[0] = OLD(102, 1, arguments, 0, 0, 0);
    arguments[1] = (u32)address;
    arguments[2] = 112;
    check("socketcall", OLD(102, 2, arguments, 0, 0, 0) == 0);
    path[5] = 'a';
    check("sendto", ({
        register long r5 __asm__("r5") = 112;
        __asm__ volatile("" : "+r"(r5));
        register long r0 __asm__("r0") = arguments[0];
        register long r1 __asm__("r1") = (long)"hello";
        register long r2 __asm__("r2") = 5;
        register long r3 __asm__("r3") = 0;
        register long r4 __asm__("r4") = (long)address;
        __asm__ volatile("swi 0x900122" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
        r0;
    }) == 5);
}

static void others(void) {
    check("time", OLD(13, 0, 0, 0, 0, 0) > 0);
    check("syscall", OLD(113, 20, 0, 0, 0, 0) == OLD(20, 0, 0, 0, 0, 0));
    u32 arguments[6] = { 0, 4096, 3, 0x22, -1, 0 };
    u32 *page = (u32 *)OLD(90, arguments, 0, 0, 0, 0);
    check("mmap", (u32)page < 0xfffff000 && page[0] == 0);
    check("alarm", OLD(27, 0, 0, 0, 0, 0) == 0);
    u32 limit[2];
    check("getrlimit", OLD(76, 2, limit, 0, 0, 0) == 0 && limit[0] == 0x7fffffff);
    check("none of these in EABI", eabi(13, 0) == -38 && eabi(102, 0) == -38 && eabi(113, 20) == -38);
}

void _start(void) {
    files();
    waiting();
    semaphores();
    sockets();
    others();
    OLD(1, 3, 0, 0, 0, 0);
    __builtin_trap();
}
