// The mathematics library of double and single precision, and long double arithmetic: results as bits.
#include <complex.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t bits(double value) { uint64_t out; memcpy(&out, &value, 8); return value != value ? 0x7ff8000000000000ull : out; }
static uint32_t bits_single(float value) { uint32_t out; memcpy(&out, &value, 4); return value != value ? 0x7fc00000u : out; }

typedef double one(double);
typedef float one_single(float);
static const struct { const char *name; one *wide; one_single *single; } functions[] = {
#define BOTH(name) {#name, name, name##f}
    BOTH(sin), BOTH(cos), BOTH(tan), BOTH(asin), BOTH(acos), BOTH(atan), BOTH(sinh), BOTH(cosh), BOTH(tanh), BOTH(asinh), BOTH(acosh),
    BOTH(atanh), BOTH(exp), BOTH(exp2), BOTH(expm1), BOTH(log), BOTH(log2), BOTH(log10), BOTH(log1p), BOTH(sqrt), BOTH(cbrt), BOTH(erf),
    BOTH(erfc), BOTH(lgamma), BOTH(tgamma), BOTH(floor), BOTH(ceil), BOTH(trunc), BOTH(round), BOTH(rint), BOTH(nearbyint), BOTH(logb)};
static const double values[] = {0.0, -0.0, 1e-300, 1e-9, 0.1, 0.5, 0.9999, 1.0, 1.5, 2.5, -2.5, 3.141592653589793, 10.25, 100.7, 709.0, -745.0, 12345.678, 1e10, 1e22, 1e300, -0.3, -1.0};

int main(void) {
    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
        printf("%s", functions[i].name);
        for (unsigned j = 0; j < sizeof values / sizeof *values; j++) {
            volatile double value = values[j]; volatile float single = (float)values[j];
            printf(" %" PRIx64 ":%" PRIx32, bits(functions[i].wide(value)), bits_single(functions[i].single(single)));
        }
        printf("\n");
    }
    for (int i = 0; i < 12; i++) {
        volatile double a = values[i + 3], b = values[20 - i];
        int exponent, quotient; double whole, fraction = modf(a, &whole), part = frexp(b, &exponent), rest = remquo(a, 0.7, &quotient);
        printf("%" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64, bits(pow(fabs(a), 1.7)), bits(atan2(a, b)), bits(fmod(b, 3.3)), bits(hypot(a, b)), bits(fma(a, 1.1, b)));
        printf(" %" PRIx64 " %" PRIx64 " %" PRIx64 ":%d %" PRIx64 ":%d %" PRIx64, bits(fraction), bits(whole), bits(part), exponent, bits(rest), quotient & 7, bits(ldexp(a, -1040)));
        printf(" %" PRIx64 " %" PRIx64 " %" PRIx64 " %d %d\n", bits(nextafter(a, b)), bits(fdim(a, b)), bits(copysign(a, b)), ilogb(b == 0 ? 1 : b), !!signbit(b));
    }
    double complex z = 1.5 - 2.25 * I, y = csqrt(z) * cexp(z) / (z + 1);
    printf("%" PRIx64 " %" PRIx64 " %" PRIx64 "\n", bits(creal(y)), bits(cimag(y)), bits(cabs(z)));
    volatile long double wide = 1.0L; wide /= 3; wide = wide * 7 + 1e-18L; wide = sqrtl(wide) + expl(wide) * sinl(wide);
    printf("%.21Lg %.18Le %Lf %" PRIx64 " %lld\n", wide, powl(wide, 20.5L), wide * 1e6L, bits((double)wide), llrintl(wide * 1e15L));
    return 0;
}
