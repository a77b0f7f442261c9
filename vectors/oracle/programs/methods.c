// What a processor is used for, method by method: each computes, checks itself against what mathematics or another way
// says, and prints its result. A stand-in for stress-ng's CPU methods where that has no package.
#include <complex.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed;
static uint64_t next(void) { seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17; return seed; }
static double near_to(double value, double expected, double tolerance) {
    return fabs(value - expected) <= tolerance * fmax(1, fabs(expected)) ? value : NAN;
}
#define CHECK(condition) do { if (!(condition)) return UINT64_MAX; } while (0)
static uint64_t bits(double value) { uint64_t word; memcpy(&word, &value, 8); return isnan(value) ? UINT64_MAX : word; }

static unsigned ackermann(unsigned m, unsigned n) { return m == 0 ? n + 1 : ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1)); }
static uint64_t do_ackermann(void) { unsigned value = ackermann(3, 5); CHECK(value == 253); return value; }

static uint64_t do_apery(void) {
    double sum = 0;
    for (int n = 20000; n > 0; n--) sum += 1.0 / ((double)n * n * n);
    return bits(near_to(sum, 1.2020569031595942, 1e-8));
}

static uint64_t do_bitops(void) {
    uint64_t digest = 0;
    for (int i = 0; i < 2000; i++) {
        uint32_t value = (uint32_t)next(), reversed = 0, count = 0, power = value;
        for (int bit = 0; bit < 32; bit++) { reversed = reversed << 1 | (value >> bit & 1); count += value >> bit & 1; }
        uint32_t swapped = value;
        swapped = (swapped >> 1 & 0x55555555) | (swapped & 0x55555555) << 1;
        swapped = (swapped >> 2 & 0x33333333) | (swapped & 0x33333333) << 2;
        swapped = (swapped >> 4 & 0x0f0f0f0f) | (swapped & 0x0f0f0f0f) << 4;
        CHECK(__builtin_bswap32(swapped) == reversed && count == (uint32_t)__builtin_popcount(value));
        CHECK((uint32_t)__builtin_parity(value) == (count & 1));
        power--; power |= power >> 1; power |= power >> 2; power |= power >> 4; power |= power >> 8; power |= power >> 16; power++;
        CHECK((power & (power - 1)) == 0);
        digest = digest * 31 + reversed + count + power;
    }
    return digest;
}

__attribute__((noinline)) static int64_t many(int64_t a, int32_t b, int16_t c, int8_t d, uint64_t e, uint32_t f, double g, float h, int depth) {
    return depth == 0 ? a + b + c + d + (int64_t)e + f + (int64_t)g + (int64_t)h : many(a + 1, b - 1, (int16_t)(c + 3), (int8_t)-d, e * 3, f ^ 5, g + 0.5, h * 1.5f, depth - 1);
}
static uint64_t do_callfunc(void) { return (uint64_t)many(1, 2, 3, 4, 5, 6, 7.0, 8.0f, 10); }

#define COMPLEX(name, type, exponential, power)                                                            \
    static uint64_t name(void) {                                                                                \
        type complex value = (type)0.5 + (type)0.25 * I, sum = 0;                                               \
        for (int i = 0; i < 200; i++) { sum += exponential(value) * value / (1 + value); value = value * (type)0.99 - (type)0.001 * I; } \
        CHECK(power(sum) > 0 && power(sum) < 1000);                                                             \
        return bits((double)creal(sum)) ^ bits((double)cimag(sum)) >> 1;                                        \
    }
COMPLEX(do_cdouble, double, cexp, cabs)
COMPLEX(do_cfloat, float, cexpf, cabsf)

static uint64_t do_collatz(void) {
    uint64_t value = 989345275647ull, steps = 0;
    while (value != 1) { value = value & 1 ? 3 * value + 1 : value / 2; steps++; }
    CHECK(steps == 1348);
    return steps;
}

static uint64_t do_correlate(void) {
    static double a[512], b[512];
    double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < 512; i++) { a[i] = (double)(next() & 0xffff) / 65536; b[i] = 3 * a[i] + 2; mean_a += a[i] / 512; mean_b += b[i] / 512; }
    for (int i = 0; i < 512; i++) { double x = a[i] - mean_a, y = b[i] - mean_b; ab += x * y; aa += x * x; bb += y * y; }
    return bits(near_to(ab / sqrt(aa * bb), 1, 1e-12));
}

static uint64_t do_crc(void) {
    const char *text = "123456789";
    uint16_t crc = 0xffff;
    uint32_t wide = ~0u;
    for (const char *at = text; *at; at++) {
        crc ^= (uint16_t)(*at << 8); wide ^= (uint8_t)*at;
        for (int i = 0; i < 8; i++) { crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1); wide = wide & 1 ? wide >> 1 ^ 0xedb88320 : wide >> 1; }
    }
    CHECK(crc == 0x29b1 && ~wide == 0xcbf43926);
    return (uint64_t)crc << 32 | ~wide;
}

static uint64_t do_dither(void) {
    static int picture[64][65];
    int64_t before = 0, after = 0;
    for (int y = 0; y < 64; y++) for (int x = 0; x < 64; x++) before += picture[y][x] = (int)(next() & 255);
    for (int y = 0; y < 64; y++) for (int x = 0; x < 64; x++) {
        int old = picture[y][x], now = old >= 128 ? 255 : 0;
        picture[y][x] = now; after += now;
        if (x < 63) picture[y][x + 1] += (old - now) / 2;
        if (y < 63) picture[y + 1][x] += (old - now) / 2;
    }
    CHECK(llabs(before - after) < before / 4);
    return (uint64_t)after;
}

#define DIVISION(name, type)                                                                                    \
    static uint64_t name(void) {                                                                                \
        uint64_t digest = 0;                                                                                    \
        for (int i = 0; i < 3000; i++) {                                                                        \
            volatile type a = (type)next(), b = (type)(next() >> (next() & 31));                                \
            if (b == 0 || b == (type)-1) continue;                                                              \
            type quotient = a / b, rest = a % b;                                                                \
            CHECK((type)(quotient * b + rest) == a);                                                            \
            digest = digest * 31 + (uint64_t)quotient + (uint64_t)rest;                                         \
        }                                                                                                       \
        return digest;                                                                                          \
    }
DIVISION(do_div8, int8_t)
DIVISION(do_div16, int16_t)
DIVISION(do_div32, int32_t)
DIVISION(do_div64, int64_t)
DIVISION(do_divu64, uint64_t)

static uint64_t do_euler(void) {
    double sum = 1, term = 1;
    for (int n = 1; n < 25; n++) { term /= n; sum += term; }
    return bits(near_to(sum, M_E, 1e-15));
}

static uint64_t do_explog(void) {
    double sum = 0;
    for (int i = 1; i < 2000; i++) { double value = exp(log(i * 1.25)); CHECK(!isnan(near_to(value, i * 1.25, 1e-12))); sum += value; }
    return bits(sum);
}

static uint64_t do_factorial(void) {
    double product = 1;
    for (int n = 1; n <= 100; n++) { product *= n; if (n > 50) CHECK(!isnan(near_to(lgamma(n + 1.0), log(product), 1e-12))); }
    return bits(near_to(product, 9.33262154439441e157, 1e-12));
}

static uint64_t do_fibonacci(void) {
    uint64_t a = 0, b = 1;
    for (int i = 0; i < 93; i++) { uint64_t c = a + b; a = b; b = c; }
    CHECK(a == 12200160415121876738ull);
    return a;
}

static void fft(double complex *data, double complex *space, int n, int step) {
    if (step >= n) return;
    fft(space, data, n, step * 2);
    fft(space + step, data + step, n, step * 2);
    for (int i = 0; i < n; i += 2 * step) {
        double complex turned = cexp(-I * M_PI * i / n) * space[i + step];
        data[i / 2] = space[i] + turned;
        data[(i + n) / 2] = space[i] - turned;
    }
}
static uint64_t do_fft(void) {
    static double complex data[256], space[256];
    double power = 0, spectrum = 0;
    for (int i = 0; i < 256; i++) { space[i] = data[i] = (double)(next() & 1023) / 1024; power += creal(data[i]) * creal(data[i]); }
    fft(data, space, 256, 1);
    for (int i = 0; i < 256; i++) spectrum += creal(data[i]) * creal(data[i]) + cimag(data[i]) * cimag(data[i]);
    return bits(near_to(spectrum / 256, power, 1e-10));
}

static uint64_t gcd(uint64_t a, uint64_t b) { while (b) { uint64_t rest = a % b; a = b; b = rest; } return a; }
static uint64_t do_gcd(void) {
    uint64_t digest = 0;
    for (int i = 0; i < 500; i++) { uint64_t a = next() >> 34, b = next() >> 34, g = gcd(a, b); CHECK(g && a % g == 0 && b % g == 0 && gcd(a / g, b / g) == 1); digest += g; }
    return digest;
}

static uint64_t do_gray(void) {
    uint64_t digest = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t code = i ^ i >> 1, other = (i + 1) ^ (i + 1) >> 1, back = 0;
        for (uint32_t left = code; left; left >>= 1) back ^= left;
        CHECK(__builtin_popcount(code ^ other) == 1 && back == i);
        digest += code;
    }
    return digest;
}

static uint8_t hamming(unsigned data) {
    unsigned d0 = data & 1, d1 = data >> 1 & 1, d2 = data >> 2 & 1, d3 = data >> 3 & 1;
    return (uint8_t)((d0 ^ d1 ^ d3) | (d0 ^ d2 ^ d3) << 1 | d0 << 2 | (d1 ^ d2 ^ d3) << 3 | d1 << 4 | d2 << 5 | d3 << 6);
}
static uint64_t do_hamming(void) {
    uint64_t digest = 0;
    for (unsigned data = 0; data < 16; data++) for (unsigned bit = 0; bit < 7; bit++) {
        unsigned word = hamming(data) ^ 1u << bit, wrong = 0;
        for (unsigned place = 1; place < 8; place++) if (word >> (place - 1) & 1) wrong ^= place;
        CHECK(wrong == bit + 1 && (word ^ 1u << (wrong - 1)) == hamming(data));
        digest = digest * 7 + word;
    }
    return digest;
}

static uint64_t hanoi(int discs, int from, int to) { return discs == 0 ? 0 : hanoi(discs - 1, from, 6 - from - to) + 1 + hanoi(discs - 1, 6 - from - to, to); }
static uint64_t do_hanoi(void) { uint64_t moves = hanoi(13, 1, 3); CHECK(moves == 8191); return moves; }

static uint64_t do_hyperbolic(void) {
    double sum = 0;
    for (int i = -200; i < 200; i++) { double x = i / 50.0, c = cosh(x), s = sinh(x); CHECK(!isnan(near_to(c * c - s * s, 1, 1e-11)) && !isnan(near_to(tanh(x), s / c, 1e-13))); sum += atanh(tanh(x)) + asinh(s); }
    return bits(sum);
}

static uint64_t do_idct(void) {
    double in[8][8], out[8][8], back, error = 0;
    for (int i = 0; i < 64; i++) in[i / 8][i % 8] = (double)(next() & 255) - 128;
    for (int u = 0; u < 8; u++) for (int v = 0; v < 8; v++) {
        double sum = 0;
        for (int x = 0; x < 8; x++) for (int y = 0; y < 8; y++) sum += in[x][y] * cos((2 * x + 1) * u * M_PI / 16) * cos((2 * y + 1) * v * M_PI / 16);
        out[u][v] = sum / 4 * (u ? 1 : M_SQRT1_2) * (v ? 1 : M_SQRT1_2);
    }
    for (int x = 0; x < 8; x++) for (int y = 0; y < 8; y++) {
        back = 0;
        for (int u = 0; u < 8; u++) for (int v = 0; v < 8; v++) back += out[u][v] * (u ? 1 : M_SQRT1_2) * (v ? 1 : M_SQRT1_2) * cos((2 * x + 1) * u * M_PI / 16) * cos((2 * y + 1) * v * M_PI / 16);
        error = fmax(error, fabs(back / 4 - in[x][y]));
    }
    CHECK(error < 1e-9);
    return bits(out[3][5]);
}

#define MIXED(name, integer, floating)                                                                          \
    static uint64_t name(void) {                                                                                \
        integer a = (integer)0x1b7bdeb5a9fc72d1ull, b = (integer)0x5f3759df;                                    \
        floating f = (floating)0.75, g = (floating)1.5;                                                         \
        for (int i = 0; i < 1000; i++) {                                                                        \
            a = (integer)(a + b); b = (integer)(b ^ a >> 3); a = (integer)(a * 7 - b / 3); b = (integer)~b;     \
            f = f + g * (floating)0.25; g = g / (f + 1); f = (floating)(integer)(f * 8) / 16 + (floating)(a & 15); \
        }                                                                                                       \
        CHECK(f == f && g == g);                                                                                \
        return (uint64_t)a * 31 + (uint64_t)b + bits((double)f) + bits((double)g);                              \
    }
MIXED(do_int8_float, uint8_t, float)
MIXED(do_int16_float, uint16_t, float)
MIXED(do_int32_float, uint32_t, float)
MIXED(do_int32_double, uint32_t, double)
MIXED(do_int64_double, uint64_t, double)
MIXED(do_int64_longdouble, uint64_t, long double)

static jmp_buf place;
static uint64_t do_jmp(void) {
    volatile int count = 0;
    if (setjmp(place) < 500) { count++; longjmp(place, count); }
    CHECK(count == 500);
    return (uint64_t)count;
}

static uint64_t do_lfsr(void) {
    uint32_t state = 0xf63acb01;
    uint64_t digest = 0;
    for (int i = 0; i < 30000; i++) { state = state >> 1 ^ (-(state & 1) & 0xd0000001); CHECK(state); digest = digest * 3 + state; }
    return digest;
}

static uint64_t do_logmap(void) {
    double x = 0.4;
    for (int i = 0; i < 3000; i++) { x = 3.82 * x * (1 - x); CHECK(x > 0 && x < 1); }
    return bits(x);
}

static uint64_t do_matrix(void) {
    static double a[24][24], b[24][24], c[24][24];
    double trace = 0, other = 0;
    for (int i = 0; i < 576; i++) { a[i / 24][i % 24] = (double)(int)(next() & 255); b[i / 24][i % 24] = (double)(int)(next() & 255); }
    for (int i = 0; i < 24; i++) for (int j = 0; j < 24; j++) { c[i][j] = 0; for (int k = 0; k < 24; k++) c[i][j] += a[i][k] * b[k][j]; }
    for (int i = 0; i < 24; i++) { trace += c[i][i]; for (int k = 0; k < 24; k++) other += b[i][k] * a[k][i]; }
    CHECK(trace == other);
    return bits(trace);
}

static uint64_t do_murmur(void) {
    uint32_t hash = 0x9747b28c;
    for (int i = 0; i < 5000; i++) { uint32_t k = (uint32_t)next() * 0xcc9e2d51; k = k << 15 | k >> 17; hash ^= k * 0x1b873593; hash = (hash << 13 | hash >> 19) * 5 + 0xe6546b64; }
    hash ^= hash >> 16; hash *= 0x85ebca6b; hash ^= hash >> 13; hash *= 0xc2b2ae35; hash ^= hash >> 16;
    return hash;
}

static uint64_t do_nsqrt(void) {
    double sum = 0;
    for (int i = 1; i < 1000; i++) { double guess = i; for (int step = 0; step < 40; step++) guess = (guess + i / guess) / 2; CHECK(!isnan(near_to(guess, sqrt(i), 1e-14))); sum += guess; }
    return bits(sum);
}

static uint64_t do_phi(void) {
    uint64_t a = 1, b = 1;
    for (int i = 0; i < 80; i++) { uint64_t c = a + b; a = b; b = c; }
    return bits(near_to((double)b / (double)a, (1 + sqrt(5)) / 2, 1e-15));
}

static uint64_t do_pi(void) {
    double sum = 0, third = 1;
    for (int k = 0; k < 40; k++) { sum += (k & 1 ? -1 : 1) / ((2 * k + 1) * third); third *= 3; }
    return bits(near_to(sqrt(12) * sum, M_PI, 1e-15));
}

static uint64_t do_prime(void) {
    unsigned count = 0;
    for (unsigned n = 2; n < 10000; n++) { unsigned d = 2; while (d * d <= n && n % d) d++; count += d * d > n; }
    CHECK(count == 1229);
    return count;
}

static uint64_t queens(unsigned columns, unsigned left, unsigned right) {
    if (columns == 255) return 1;
    uint64_t ways = 0;
    for (unsigned free = 255 & ~(columns | left | right); free; free &= free - 1) { unsigned bit = free & -free; ways += queens(columns | bit, (left | bit) << 1, (right | bit) >> 1); }
    return ways;
}
static uint64_t do_queens(void) { uint64_t ways = queens(0, 0, 0); CHECK(ways == 92); return ways; }

static uint64_t do_rgb(void) {
    float digest = 0;
    for (int i = 0; i < 3000; i++) {
        float r = (float)(next() & 255), g = (float)(next() & 255), b = (float)(next() & 255);
        float y = 0.299f * r + 0.587f * g + 0.114f * b, u = 0.564f * (b - y), v = 0.713f * (r - y);
        CHECK(fabsf(y + 1.402f * v - r) < 0.5f && fabsf(y + 1.772f * u - b) < 0.5f);
        digest += y + u * v / 256;
    }
    return bits(digest);
}

static int by_value(const void *a, const void *b) { uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b; return (x > y) - (x < y); }
static uint64_t do_sort(void) {
    static uint32_t values[2000];
    uint64_t sum = 0, after = 0, digest = 0;
    for (int i = 0; i < 2000; i++) sum += values[i] = (uint32_t)next();
    qsort(values, 2000, sizeof *values, by_value);
    for (int i = 0; i < 2000; i++) { CHECK(i == 0 || values[i - 1] <= values[i]); after += values[i]; digest = digest * 31 + values[i]; }
    CHECK(sum == after);
    return digest;
}

static uint64_t do_sieve(void) {
    static uint8_t composite[20000];
    unsigned count = 0;
    for (unsigned n = 2; n < 20000; n++) if (!composite[n]) { count++; for (unsigned m = 2 * n; m < 20000; m += n) composite[m] = 1; }
    CHECK(count == 2262);
    memset(composite, 0, sizeof composite);
    return count;
}

static uint64_t do_stats(void) {
    double values[250], mean = 0, squares = 0, harmonic = 0, logs = 0;
    for (int i = 0; i < 250; i++) { values[i] = 1 + (double)(next() & 0xffff) / 1024; mean += values[i] / 250; harmonic += 1 / values[i]; logs += log(values[i]) / 250; }
    for (int i = 0; i < 250; i++) squares += (values[i] - mean) * (values[i] - mean);
    CHECK(250 / harmonic <= exp(logs) && exp(logs) <= mean);
    return bits(sqrt(squares / 250)) ^ bits(exp(logs));
}

static uint64_t do_trig(void) {
    double sum = 0;
    for (int i = 0; i < 1500; i++) { double x = i * 0.37 - 200, s = sin(x), c = cos(x); CHECK(!isnan(near_to(s * s + c * c, 1, 1e-14))); sum += atan2(s, c) + tan(x / 1000) + (double)sinf((float)x); }
    return bits(sum);
}

static uint64_t do_union(void) {
    union { uint64_t whole; struct { unsigned a : 3, b : 13, c : 7, d : 9; int e : 20, f : 12; } parts; uint8_t bytes[8]; } u = {0};
    uint64_t digest = 0;
    for (int i = 0; i < 2000; i++) {
        uint64_t value = next();
        u.parts.a = value; u.parts.b = value >> 3; u.parts.c += value >> 16; u.parts.d ^= value >> 23; u.parts.e = (int)(value >> 32); u.parts.f--;
        CHECK(u.parts.a == (value & 7) && u.parts.b == (value >> 3 & 0x1fff));
        digest = digest * 31 + u.parts.c + u.parts.d + (uint64_t)u.parts.e + (uint64_t)u.parts.f;
    }
    return digest;
}

static uint64_t do_wideproduct(void) {
    uint64_t digest = 0;
    for (int i = 0; i < 2000; i++) {
        uint64_t a = next(), b = next(), low = a * b, al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
        uint64_t middle = ah * bl + (al * bl >> 32), other = al * bh + (uint32_t)middle, high = ah * bh + (middle >> 32) + (other >> 32);
        CHECK((other << 32 | (uint32_t)(al * bl)) == low);
        digest = digest * 3 + high;
    }
    return digest;
}

static uint64_t do_zeta(void) {
    double sum = 0;
    for (int n = 5000; n > 0; n--) sum += 1.0 / pow(n, 4);
    return bits(near_to(sum, pow(M_PI, 4) / 90, 1e-11));
}

#define METHOD(name) { #name, do_##name }
static const struct { const char *name; uint64_t (*run)(void); } METHODS[] = {
    METHOD(ackermann), METHOD(apery), METHOD(bitops), METHOD(callfunc), METHOD(cdouble), METHOD(cfloat), METHOD(collatz),
    METHOD(correlate), METHOD(crc), METHOD(dither), METHOD(div8), METHOD(div16), METHOD(div32), METHOD(div64),
    METHOD(divu64), METHOD(euler), METHOD(explog), METHOD(factorial), METHOD(fibonacci), METHOD(fft), METHOD(gcd),
    METHOD(gray), METHOD(hamming), METHOD(hanoi), METHOD(hyperbolic), METHOD(idct), METHOD(int8_float),
    METHOD(int16_float), METHOD(int32_float), METHOD(int32_double), METHOD(int64_double), METHOD(int64_longdouble),
    METHOD(jmp), METHOD(lfsr), METHOD(logmap), METHOD(matrix), METHOD(murmur), METHOD(nsqrt), METHOD(phi), METHOD(pi),
    METHOD(prime), METHOD(queens), METHOD(rgb), METHOD(sort), METHOD(sieve), METHOD(stats), METHOD(trig), METHOD(union),
    METHOD(wideproduct), METHOD(zeta),
};

int main(void) {
    int wrong = 0;
    for (unsigned i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        seed = 88172645463325252ull;
        uint64_t result = METHODS[i].run();
        wrong += result == UINT64_MAX;
        printf("%-18s %016" PRIx64 "%s\n", METHODS[i].name, result, result == UINT64_MAX ? " WRONG" : "");
    }
    return wrong != 0;
}
