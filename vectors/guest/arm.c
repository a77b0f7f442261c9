/* What is ARM's own: the user helpers at 0xffff0000, both signal frames without a restorer, calls of the old ABI, byte
 * orders, VFP. Prints one line per check; the lines are the same in A32, T32, BE8 and BE32. qemu-arm-static
 * prints them too; qemu-armeb-static cannot return from a handler without a restorer.
 * Build: arm-linux-gnueabi-gcc -Os -nostdlib -static -fno-pic -ffreestanding -fno-builtin -march=armv7-a -mfpu=vfpv3
 *        -mfloat-abi=softfp -Wl,--build-id=none,-z,noseparate-code,-s -o arm.OUT arm.c, with
 *        a32: -marm    t32: -mthumb    be8: -marm -mbig-endian -Wl,--be8
 *        be32: -march=armv5te -marm -mbig-endian -mfloat-abi=soft -DOLD */
typedef unsigned int u32;
typedef unsigned long long u64;

static long call(long n, long a, long b, long c, long d) {
    register long r7 __asm__("r7") = n;
    register long r0 __asm__("r0") = a;
    register long r1 __asm__("r1") = b;
    register long r2 __asm__("r2") = c;
    register long r3 __asm__("r3") = d;
    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3) : "memory");
    return r0;
}

static void text(const char *s) {
    int n = 0;
    while (s[n]) n++;
    call(4, 1, (long)s, n, 0);
}
static void check(const char *name, int holds) {
    text(name);
    text(holds ? " ok\n" : " WRONG\n");
}

static volatile u32 seen, info_code;
static void handler(int number) { seen = number; }
static void handler_info(int number, u32 *info, u32 *context) {
    seen = number;
    info_code = info[0];
    /* arm_r0 to arm_pc are words 8 to 23 of the context; sp is a stack address. */
    if (context[21] < 0x1000) seen = 0;
}

struct action { void *function; u32 flags; void *restorer; u32 mask[2]; };
struct old_action { void *function; u32 mask; u32 flags; void *restorer; };

static void signals(void) {
    struct action action = { handler_info, 4, 0, { 0, 0 } };
    long pid = call(20, 0, 0, 0, 0);
    check("rt_sigaction", call(174, 10, (long)&action, 0, 8) == 0);
    call(37, pid, 10, 0, 0);
    check("frame with information", seen == 10 && info_code == 10);
    struct old_action old = { handler, 0, 0, 0 };
    check("sigaction", call(67, 12, (long)&old, 0, 0) == 0);
    call(37, pid, 12, 0, 0);
    check("old frame", seen == 12);
}

static void helpers(void) {
    typedef u32 (*get_tls)(void);
    typedef int (*compare_exchange)(u32, u32, volatile u32 *);
    typedef int (*compare_exchange_64)(const u64 *, const u64 *, volatile u64 *);
    check("version", *(volatile u32 *)0xffff0ffc >= 5);
    call(0xf0005, 0x12345678, 0, 0, 0);
    check("get_tls", ((get_tls)0xffff0fe0)() == 0x12345678);
    volatile u32 word = 7;
    int first = ((compare_exchange)0xffff0fc0)(7, 9, &word), second = ((compare_exchange)0xffff0fc0)(7, 11, &word);
    check("cmpxchg", first == 0 && second != 0 && word == 9);
    volatile u64 wide __attribute__((aligned(8))) = 0x100000002ull;
    u64 old = 0x100000002ull, fresh = 0x300000004ull;
    first = ((compare_exchange_64)0xffff0f60)(&old, &fresh, &wide);
    check("cmpxchg64", first == 0 && wide == fresh);
    ((void (*)(void))0xffff0fa0)();
    check("barrier", 1);
}

static void orders(void) {
    union { u32 word; unsigned char bytes[4]; unsigned short halves[2]; } both = { 0x01020304 };
#ifdef __ARMEB__
    check("order", both.bytes[0] == 1 && both.halves[1] == 0x0304);
#else
    check("order", both.bytes[0] == 4 && both.halves[0] == 0x0304);
#endif
    volatile u64 product = 0xffffffffull;
    product *= product;
#ifndef OLD
    volatile double x = 1.5, y = 3.0;
    check("double", x * y == 4.5 && (int)(x + y) == 4);
#else
    check("double", 1);
#endif
    check("long long", product == 0xfffffffe00000001ull);
}

static void run(void) {
    helpers();
    signals();
    orders();
#if !defined(__thumb__)
    register long r0 __asm__("r0") = 1;
    register const char *r1 __asm__("r1") = "old call\n";
    register long r2 __asm__("r2") = 9;
    __asm__ volatile("swi 0x900004" : "+r"(r0) : "r"(r1), "r"(r2) : "memory");
#else
    text("old call\n");
#endif
    call(1, 3, 0, 0, 0);
}

void _start(void) {
    run();
    __builtin_trap();
}
