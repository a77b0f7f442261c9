// Single and double precision: arithmetic, comparisons, conversions to and from integers of every width, rounding modes,
// exception flags, specials, denormals. Everything is printed as bits, not as text.
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t seed = 362436069362436069ull;
static uint64_t next(void) { seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17; return seed; }
static uint64_t digest = 14695981039346656037ull;
static void mix(uint64_t value) { for (int i = 0; i < 8; i++) { digest ^= (value >> (8 * i)) & 255; digest *= 1099511628211ull; } }
// Which not-a-number comes out differs between processors, that it is one does not.
static uint64_t bits(double value) { uint64_t out; memcpy(&out, &value, 8); return value != value ? 0x7ff8000000000000ull : out; }
static uint32_t bits_single(float value) { uint32_t out; memcpy(&out, &value, 4); return value != value ? 0x7fc00000u : out; }

static double operand(void) {
    static const double edges[] = {0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 1e308, -1e308, 5e-324, 2.2250738585072014e-308, 1e-310,
        16777216.0, 16777217.0, 9007199254740992.0, 9007199254740993.0, 2147483647.0, 2147483648.0, -2147483649.0, 4294967296.0,
        9.2e18, -9.3e18, 1.8e19, INFINITY, -INFINITY, 3.4028235e38, 3.5e38, 1.4e-45, 1e-46, 0.1, 1.0 / 3.0};
    uint64_t value = next();
    double out;
    switch (value % 5) {
    case 0: return edges[(value >> 8) % (sizeof edges / sizeof *edges)];
    case 1: return (double)(int64_t)(next() >> (next() & 63));
    case 2: return (double)(int32_t)next() / 1024.0;
    case 3: value = (next() & 0x800fffffffffffffull) | (uint64_t)(1013 + next() % 20) << 52; break;
    default: value = next();
    }
    memcpy(&out, &value, 8);
    return out != out ? 1.25 : out;
}

__attribute__((noinline)) static void doubles(volatile double a, volatile double b) {
    mix(bits(a + b)); mix(bits(a - b)); mix(bits(a * b)); mix(bits(a / b)); mix(bits(sqrt(fabs(a)))); mix(bits(-a)); mix(bits(fabs(a)));
    mix(a < b); mix(a <= b); mix(a == b); mix(a != b); mix(a > b); mix(a >= b); mix(isunordered(a, b)); mix(bits(a < b ? a : b));
    mix(bits_single((float)a));
    if (fabs(a) < 2147483647.0) mix((uint64_t)(int64_t)(int32_t)a);
    if (a > -1.0 && a < 4294967295.0) mix((uint32_t)a);
    if (fabs(a) < 9.2e18) mix((uint64_t)(int64_t)a);
    if (a > -1.0 && a < 1.8e19) mix((uint64_t)a);
}

__attribute__((noinline)) static void singles(volatile float a, volatile float b) {
    mix(bits_single(a + b)); mix(bits_single(a - b)); mix(bits_single(a * b)); mix(bits_single(a / b)); mix(bits_single(sqrtf(fabsf(a))));
    mix(bits_single(-a)); mix(bits_single(fabsf(a))); mix(bits((double)a)); mix(a < b); mix(a <= b); mix(a == b); mix(a > b);
    if (fabsf(a) < 2147483500.0f) mix((uint64_t)(int64_t)(int32_t)a);
    if (a > -1.0f && a < 4294967000.0f) mix((uint32_t)a);
    if (fabsf(a) < 9.2e18f) mix((uint64_t)(int64_t)a);
}

__attribute__((noinline)) static void integers(uint64_t value) {
    volatile int32_t word = (int32_t)value; volatile uint32_t unsigned_word = (uint32_t)value;
    volatile int64_t wide = (int64_t)value; volatile uint64_t unsigned_wide = value;
    mix(bits((double)word)); mix(bits((double)unsigned_word)); mix(bits((double)wide)); mix(bits((double)unsigned_wide));
    mix(bits_single((float)word)); mix(bits_single((float)unsigned_word)); mix(bits_single((float)wide)); mix(bits_single((float)unsigned_wide));
}

static void rounding(void) {
    static const struct { int mode; const char *name; } modes[] = {{FE_TONEAREST, "nearest"}, {FE_TOWARDZERO, "zero"}, {FE_UPWARD, "up"}, {FE_DOWNWARD, "down"}};
    static const volatile double values[] = {0.5, 1.5, 2.5, -0.5, -1.5, 2.7, -2.7, 1e15 + 0.5, 0.1};
    for (int i = 0; i < 4; i++) {
        if (fesetround(modes[i].mode)) { printf("%s: not set\n", modes[i].name); continue; }
        volatile double third = 1.0, ten = 10.0, three = 3.0; volatile float single_third = 1.0f, single_three = 3.0f;
        third /= three; single_third /= single_three;
        uint64_t a = bits(third), b = bits(ten * 0.1); uint32_t c = bits_single(single_third), d = bits_single((float)(third * ten));
        uint64_t e[9]; long f[9];
        for (int j = 0; j < 9; j++) { e[j] = bits(rint(values[j])); f[j] = lrint(values[j] / 4); }
        fesetround(FE_TONEAREST);
        printf("%s %016" PRIx64 " %016" PRIx64 " %08" PRIx32 " %08" PRIx32, modes[i].name, a, b, c, d);
        for (int j = 0; j < 9; j++) printf(" %016" PRIx64 ":%ld", e[j], f[j]);
        printf("\n");
    }
}

static void flags(void) {
    volatile double zero = 0.0, one = 1.0, big = 1e308, small = 1e-308, inf = INFINITY; volatile double sink; volatile float single;
    struct { const char *name; int flags; } seen[8];
#define SEEN(i, text, expression) feclearexcept(FE_ALL_EXCEPT); expression; seen[i].name = text; seen[i].flags = fetestexcept(FE_ALL_EXCEPT)
    SEEN(0, "exact", sink = one + one);
    SEEN(1, "inexact", sink = one / 3.0);
    SEEN(2, "divide", sink = one / zero);
    SEEN(3, "invalid", sink = zero / zero);
    SEEN(4, "overflow", sink = big * big);
    SEEN(5, "underflow", sink = small * small);
    SEEN(6, "subtract", sink = inf - inf);
    SEEN(7, "narrow", single = (float)big);
    for (int i = 0; i < 8; i++) {
        int f = seen[i].flags;
        printf("%s%s%s%s%s%s\n", seen[i].name, f & FE_INEXACT ? " inexact" : "", f & FE_DIVBYZERO ? " divide" : "", f & FE_INVALID ? " invalid" : "",
            f & FE_OVERFLOW ? " overflow" : "", f & FE_UNDERFLOW ? " underflow" : "");
    }
    (void)sink; (void)single;
}

int main(void) {
    for (int i = 0; i < 30000; i++) {
        double a = operand(), b = operand();
        doubles(a, b); singles((float)a, (float)b); integers(next() >> (next() & 63));
        if (i % 3000 == 0) printf("%d %016" PRIx64 "\n", i, digest);
    }
    printf("%016" PRIx64 "\n", digest);
    rounding();
    flags();
    return 0;
}
