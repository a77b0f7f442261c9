// String and memory functions at every alignment and many lengths: the C library's vector and word-at-a-time versions.
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#ifndef __GLIBC__
#define rawmemchr(at, byte) memchr(at, byte, (size_t)-1 / 2)
#endif

static uint64_t digest = 14695981039346656037ull;
static void mix(uint64_t value) { for (int i = 0; i < 8; i++) { digest ^= (value >> (8 * i)) & 255; digest *= 1099511628211ull; } }
static void mix_bytes(const unsigned char *bytes, size_t length) { for (size_t i = 0; i < length; i++) { digest ^= bytes[i]; digest *= 1099511628211ull; } }
static int sign(int value) { return (value > 0) - (value < 0); }
static unsigned char a[700], b[700], c[700];

static void fill(unsigned char *bytes, unsigned start) { for (int i = 0; i < 700; i++) bytes[i] = (unsigned char)(1 + (i * 31 + start) % 255); }

int main(void) {
    static const int lengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 100, 127, 128, 129, 200, 255, 256, 257, 400, 511, 512, 513};
    for (unsigned l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        int n = lengths[l];
        for (int i = 0; i < 17; i += 1 + (n > 100)) {
            for (int j = 0; j < 17; j += 3) {
                fill(a, 1); fill(b, 90); fill(c, 200);
                memcpy(b + j, a + i, n); mix_bytes(b, 600);
                memmove(c + j, c + i, n); mix_bytes(c, 600);
                memset(c + i, j, n); mix_bytes(c, 600);
                mix(sign(memcmp(a + i, b + j, n))); if (n) { b[j + n / 2] ^= 0x80; mix(sign(memcmp(a + i, b + j, n))); mix(sign(memcmp(b + j, a + i, n))); b[j + n / 2] ^= 0x80; }
                a[i + n] = 0; b[j + n] = 0;
                mix(strlen((char *)a + i)); mix(strnlen((char *)a + i, n / 2)); mix(sign(strcmp((char *)a + i, (char *)b + j))); mix(sign(strncmp((char *)a + i, (char *)b + j, n / 2 + 1)));
                unsigned char wanted = n ? a[i + n - 1] : 7;
                char *found = strchr((char *)a + i, wanted); mix(found ? found - (char *)a : -1);
                found = strrchr((char *)a + i, wanted); mix(found ? found - (char *)a : -1);
                found = memchr(a + i, wanted, n); mix(found ? found - (char *)a : -1);
                found = memrchr(a + i, wanted, n); mix(found ? found - (char *)a : -1);
                found = rawmemchr(a + i, 0); mix(found - (char *)a);
                found = strstr((char *)a + i, n > 3 ? (char *)a + i + n - 3 : ""); mix(found ? found - (char *)a : -1);
                found = memmem(a, 650, b + j, n); mix(found ? found - (char *)a : -1);
                fill(c, 5); found = stpcpy((char *)c + j, (char *)a + i); mix(found - (char *)c); mix_bytes(c, 600);
                fill(c, 6); strncpy((char *)c + j, (char *)a + i, n + 5); mix_bytes(c, 600);
                c[j] = 'x'; c[j + 1] = 0; strcat((char *)c + j, (char *)a + i); mix_bytes(c, 600); strncat((char *)c + j, "tail", 3); mix_bytes(c, 600);
                mix(sign(strcasecmp((char *)a + i, (char *)b + j))); mix(strspn((char *)a + i, "abcdefgh")); mix(strcspn((char *)a + i, (char *)b + j + n / 2));
            }
        }
        printf("%d %016" PRIx64 "\n", n, digest);
    }
    char text[] = "one,two;;three four", *state, *part;
    for (part = strtok_r(text, ",; ", &state); part; part = strtok_r(NULL, ",; ", &state)) printf("[%s]", part);
    wchar_t wide[40]; wcscpy(wide, L"wide characters"); printf("\n%zu %d %ls\n", wcslen(wide), wcscmp(wide, L"wide") > 0, wcsstr(wide, L"char"));
    char *copy = strdup("duplicate"); printf("%s %s %d\n", copy, strpbrk(copy, "pl"), strverscmp("a10", "a9") > 0); free(copy);
    return 0;
}
