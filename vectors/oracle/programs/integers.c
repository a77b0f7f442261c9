// Integer arithmetic of every width: division, shifts, rotation, overflow, bit counting, conversions; a digest of
// pseudo-random operands, so that a single wrong result shows.
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t seed = 88172645463325252ull;
static uint64_t next(void) { seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17; return seed; }
static uint64_t digest = 14695981039346656037ull;
static void mix(uint64_t value) { for (int i = 0; i < 8; i++) { digest ^= (value >> (8 * i)) & 255; digest *= 1099511628211ull; } }

// Operands of all sizes, edges often.
static uint64_t operand(void) {
    uint64_t value = next();
    switch (value & 7) {
    case 0: return next() & 255;
    case 1: return (uint64_t)(int64_t)(int32_t)next();
    case 2: return 1ull << (next() & 63);
    case 3: return ~0ull >> (next() & 63);
    case 4: return (uint32_t)next();
    default: return next();
    }
}

#define WIDTH(name, unsigned_type, signed_type, bits, lowest)                                                 \
    __attribute__((noinline)) static void name(uint64_t left, uint64_t right) {                                \
        volatile unsigned_type a = (unsigned_type)left, b = (unsigned_type)right;                              \
        volatile signed_type c = (signed_type)left, d = (signed_type)right;                                    \
        unsigned amount = (unsigned)right & (bits - 1);                                                        \
        mix((unsigned_type)(a + b)); mix((unsigned_type)(a - b)); mix((unsigned_type)(a * b));                 \
        mix(a & b); mix(a | b); mix(a ^ b); mix((unsigned_type)~a); mix((unsigned_type)-a);                    \
        if (b) { mix(a / b); mix(a % b); }                                                                     \
        if (d && !(c == lowest && d == -1)) { mix((uint64_t)(signed_type)(c / d)); mix((uint64_t)(signed_type)(c % d)); } \
        mix((unsigned_type)(a << amount)); mix(a >> amount); mix((uint64_t)(signed_type)(c >> amount));        \
        mix((unsigned_type)((a << amount) | (a >> ((bits - amount) & (bits - 1)))));                           \
        mix(a < b); mix(a <= b); mix(a == b); mix(c < d); mix(c >= d); mix(!a); mix(a && b);                   \
        mix((uint64_t)(int8_t)a); mix((uint8_t)a); mix((uint64_t)(int16_t)a); mix((uint16_t)a);                \
        mix((uint64_t)(int32_t)a); mix((uint32_t)a);                                                           \
        signed_type sum; unsigned_type product;                                                                \
        mix(__builtin_add_overflow(c, d, &sum)); mix((uint64_t)sum);                                           \
        mix(__builtin_sub_overflow(c, d, &sum)); mix((uint64_t)sum);                                           \
        mix(__builtin_mul_overflow(a, b, &product)); mix(product);                                             \
        mix(__builtin_mul_overflow(c, d, &sum)); mix((uint64_t)sum);                                           \
    }
WIDTH(bytes, uint8_t, int8_t, 8, INT8_MIN)
WIDTH(halves, uint16_t, int16_t, 16, INT16_MIN)
WIDTH(words, uint32_t, int32_t, 32, INT32_MIN)
WIDTH(doubles, uint64_t, int64_t, 64, INT64_MIN)

__attribute__((noinline)) static void bits(uint64_t value) {
    uint32_t low = (uint32_t)value;
    if (low) { mix(__builtin_clz(low)); mix(__builtin_ctz(low)); }
    if (value) { mix(__builtin_clzll(value)); mix(__builtin_ctzll(value)); }
    mix(__builtin_popcount(low)); mix(__builtin_popcountll(value)); mix(__builtin_parity(low)); mix(__builtin_ffs((int)low));
    mix(__builtin_bswap16((uint16_t)value)); mix(__builtin_bswap32(low)); mix(__builtin_bswap64(value));
    struct { unsigned a : 3, b : 7; int c : 5; unsigned d : 17; } field;
    memset(&field, 0, sizeof field);
    field.a = low; field.b = low >> 3; field.c = (int)(low >> 10); field.d = low >> 15;
    mix(field.a); mix(field.b); mix((uint64_t)(int64_t)field.c); mix(field.d);
    mix((uint64_t)(uint32_t)(low * 10u / 7u)); mix(low % 10); mix(value / 1000000007u); mix(value % 97); mix((uint64_t)((int64_t)value / 10));
    mix((uint64_t)low * (uint32_t)(value >> 32)); mix((uint64_t)((int64_t)(int32_t)low * (int32_t)(value >> 32)));
}

int main(void) {
    for (int i = 0; i < 20000; i++) {
        uint64_t left = operand(), right = operand();
        bytes(left, right); halves(left, right); words(left, right); doubles(left, right); bits(left);
        if (i % 2000 == 0) printf("%d %016" PRIx64 "\n", i, digest);
    }
    printf("%016" PRIx64 "\n", digest);
    printf("%d %u %ld %lld %x %o %hhd %hd %5d|%-5d|%05d %+d\n", -42, 42u, (long)-7, -9223372036854775807ll - 1, 0xbeef, 0755, 300, 70000, 1, 2, 3, 4);
    printf("%" PRIu64 " %" PRId64 " %" PRIx64 "\n", UINT64_MAX, INT64_MIN, (uint64_t)0x123456789abcdefull);
    return 0;
}
