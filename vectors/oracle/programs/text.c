// printf and scanf of floats, strtod and friends, number bases.
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    static const double values[] = {0, -0.0, 0.1, 1.0 / 3, 2.5, 1e23, 123456789.125, 5e-324, 1.7976931348623157e308, 9007199254740993.0, 1e-7, 99999.5, 0.5, 1e21};
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        double v = values[i];
        printf("%f|%e|%g|%.0f|%.17g|%.3e|%10.2f|%-12.4g|%+g|%a|%G|%#.0f|%012.5f\n", v, v, v, v, v, v, v, v, v, v, v, v, v);
    }
    static const char *texts[] = {"0.1", "1e400", "-1e-400", "2.2250738585072011e-308", "9007199254740993", "0x1.8p3", "inf", "nan", "  12abc", "1.7976931348623159e308", ".5e1", "-", "123456789012345678901234567890"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *end; errno = 0; double v = strtod(texts[i], &end); uint64_t bits; memcpy(&bits, &v, 8);
        int error = errno; float single = strtof(texts[i], NULL); uint32_t low; memcpy(&low, &single, 4);
        printf("%s %016" PRIx64 " %ld %d %08" PRIx32 " %.18Lg\n", texts[i], v != v ? 1 : bits, (long)(end - texts[i]), error == ERANGE, single != single ? 1 : low, strtold(texts[i], NULL));
    }
    static const char *integers[] = {"42", "-42", "0x7fffffff", "0777", "9223372036854775808", "-9223372036854775809", "18446744073709551615", "zz", "12_3"};
    for (unsigned i = 0; i < sizeof integers / sizeof *integers; i++) {
        errno = 0; long long value = strtoll(integers[i], NULL, 0); int error = errno;
        printf("%lld %d %llu %llx\n", value, error == ERANGE, strtoull(integers[i], NULL, 10), strtoull(integers[i], NULL, 36));
    }
    int a; unsigned b; float f; double d; char word[20], set[20]; long long wide; int count;
    count = sscanf("17 0xff 2.5 -1e3 word [abc] 123456789012345%", "%d %x %f %lf %19s [%19[a-z]] %lld", &a, &b, &f, &d, word, set, &wide);
    printf("%d %d %u %g %g %s %s %lld\n", count, a, b, f, d, word, set, wide);
    char out[64]; int length = snprintf(out, 10, "%s", "longer than ten"); printf("%d %s %*d|%-*d|%.*s|%c%%%n", length, out, 5, 42, 5, 42, 3, "abcdef", 'x', &count); printf("%d\n", count);
    printf("%3$s %1$s %2$s\n", "a", "b", "c"); printf("%hhx %zu %jd\n", 0x1ff, (size_t)77, (intmax_t)-5);
    printf("%ls %lc %'d %5s|%-5s|%.2s\n", L"wide", (unsigned)'w', 1234567, "r", "l", "cut");
    printf("%d %d %s %s\n", atoi("77x"), abs(-5), strerror(ENOENT), strsignal(11));
    return 0;
}
