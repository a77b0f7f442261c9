// Loops that compilers unroll and make vectors of: SHA-256, CRC-32, ChaCha20, a matrix product, a convolution, a sieve.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t turn(uint32_t value, int by) { return value << by | value >> (32 - by); }
static const uint32_t primes[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static void block(uint32_t state[8], const uint8_t *bytes) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) w[i] = (uint32_t)bytes[4 * i] << 24 | bytes[4 * i + 1] << 16 | bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
    for (int i = 16; i < 64; i++) w[i] = w[i - 16] + (turn(w[i - 15], 25) ^ turn(w[i - 15], 14) ^ w[i - 15] >> 3) + w[i - 7] + (turn(w[i - 2], 15) ^ turn(w[i - 2], 13) ^ w[i - 2] >> 10);
    memcpy(v, state, 32);
    for (int i = 0; i < 64; i++) {
        uint32_t one = v[7] + (turn(v[4], 26) ^ turn(v[4], 21) ^ turn(v[4], 7)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + primes[i] + w[i], two = (turn(v[0], 30) ^ turn(v[0], 19) ^ turn(v[0], 10)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 28); v[4] += one; v[0] = one + two;
    }
    for (int i = 0; i < 8; i++) state[i] += v[i];
}
static void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d) { *a += *b; *d = turn(*d ^ *a, 16); *c += *d; *b = turn(*b ^ *c, 12); *a += *b; *d = turn(*d ^ *a, 8); *c += *d; *b = turn(*b ^ *c, 7); }
static uint8_t data[64 * 300]; static int16_t samples[4000]; static float left[48][48], right[48][48], product[48][48]; static double wide[48][48]; static uint8_t sieve[100001];

int main(void) {
    for (unsigned i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 131 + (i >> 7));
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}; for (unsigned i = 0; i < sizeof data; i += 64) block(state, data + i); for (int i = 0; i < 8; i++) printf("%08" PRIx32, state[i]);
    uint32_t crc = ~0u; for (unsigned i = 0; i < sizeof data; i++) { crc ^= data[i]; for (int j = 0; j < 8; j++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0); } printf("\n%08" PRIx32 "\n", ~crc);
    uint32_t x[16], y[16]; for (int i = 0; i < 16; i++) x[i] = y[i] = 0x61707865u * (i + 1); for (int round = 0; round < 200; round++) for (int i = 0; i < 4; i++) { quarter(x + i, x + 4 + i, x + 8 + i, x + 12 + i); quarter(x + i, x + 4 + (i + 1) % 4, x + 8 + (i + 2) % 4, x + 12 + (i + 3) % 4); } uint32_t sum = 0; for (int i = 0; i < 16; i++) sum = sum * 31 + x[i] + y[i]; printf("%08" PRIx32 "\n", sum);
    for (int i = 0; i < 48; i++) for (int j = 0; j < 48; j++) { left[i][j] = (float)(i * 48 + j) / 7; right[i][j] = (float)(j - i) / 3; } for (int i = 0; i < 48; i++) for (int j = 0; j < 48; j++) { float s = 0; double d = 0; for (int k = 0; k < 48; k++) { s += left[i][k] * right[k][j]; d += (double)left[i][k] * right[k][j]; } product[i][j] = s; wide[i][j] = d; } printf("%.6g %.6g %.12g\n", product[3][40], product[47][1], wide[20][30]);
    for (int i = 0; i < 4000; i++) samples[i] = (int16_t)(i * i * 7 + i); int64_t energy = 0; int32_t peak = 0, low = 0; for (int i = 8; i < 4000; i++) { int32_t s = 0; for (int j = 0; j < 8; j++) s += samples[i - j] * (j * 3 - 7); energy += (int64_t)s * s >> 8; peak = s > peak ? s : peak; low = s < low ? s : low; } printf("%lld %d %d\n", (long long)energy, peak, low);
    int primes_found = 0; memset(sieve, 1, sizeof sieve); for (int i = 2; i <= 100000; i++) if (sieve[i]) { primes_found++; for (int j = 2 * i; j <= 100000; j += i) sieve[j] = 0; } printf("%d\n", primes_found);
    uint8_t pixels[2][640]; for (int i = 0; i < 640; i++) { pixels[0][i] = (uint8_t)(i * 3); pixels[1][i] = (uint8_t)(i * 5 + 77); } unsigned differences = 0, saturated = 0, averages = 0; for (int i = 0; i < 640; i++) { int d = pixels[0][i] - pixels[1][i]; differences += d < 0 ? -d : d; int s = pixels[0][i] + pixels[1][i]; saturated += s > 255 ? 255 : s; averages += (s + 1) / 2; pixels[0][i] = (uint8_t)(s >> 1); } printf("%u %u %u %u\n", differences, saturated, averages, pixels[0][600]); return 0;
}
