// Calling conventions: many arguments, structures by value and as results, variable arguments, floats among integers,
// long double, calls through pointers, deep recursion, alloca, nested jumps.
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <alloca.h>

struct small { char a, b, c; };
struct pair { int32_t a; double b; };
struct floats { float x, y, z, w; };
struct large { int64_t values[9]; char name[7]; };
union mixed { double d; uint64_t u; struct { uint16_t h[4]; } s; };
#define NOINLINE __attribute__((noinline))

NOINLINE static struct small rotate(struct small s) { return (struct small){s.b, s.c, s.a}; }
NOINLINE static struct pair scale(struct pair p, float f, int32_t n) { return (struct pair){p.a * n, p.b * f}; }
NOINLINE static struct floats add(struct floats a, struct floats b) { return (struct floats){a.x + b.x, a.y - b.y, a.z * b.z, a.w / b.w}; }
NOINLINE static struct large bump(struct large l, int by) { for (int i = 0; i < 9; i++) l.values[i] += by * i; l.name[0]++; return l; }
NOINLINE static double many(int a, double b, char c, float d, int64_t e, short f, double g, uint8_t h, int64_t i, float j, void *k, double l, int m, double n, long double o) {
    return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + j * 10 + (k != NULL) * 11 + l * 12 + m * 13 + n * 14 + (double)o * 15;
}
NOINLINE static double variable(const char *types, ...) {
    va_list list, copy; double sum = 0; va_start(list, types); va_copy(copy, list);
    for (int pass = 0; pass < 2; pass++) {
        for (const char *t = types; *t; t++) {
            double value = 0;
            switch (*t) {
            case 'i': value = pass ? va_arg(copy, int) : va_arg(list, int); break;
            case 'l': value = (double)(pass ? va_arg(copy, int64_t) : va_arg(list, int64_t)); break;
            case 'd': value = pass ? va_arg(copy, double) : va_arg(list, double); break;
            case 'L': value = (double)(pass ? va_arg(copy, long double) : va_arg(list, long double)); break;
            case 's': value = strlen(pass ? va_arg(copy, char *) : va_arg(list, char *)); break;
            case 'p': { struct pair p = pass ? va_arg(copy, struct pair) : va_arg(list, struct pair); value = p.a + p.b; break; }
            case 'c': { struct small s = pass ? va_arg(copy, struct small) : va_arg(list, struct small); value = s.a + 10 * s.b + 100 * s.c; break; }
            }
            sum = sum * 1.5 + value;
        }
    }
    va_end(copy); va_end(list); return sum;
}
NOINLINE static uint64_t recurse(int depth, uint64_t value) { volatile char room[40]; memset((char *)room, depth, 40); return depth ? recurse(depth - 1, value * 31 + room[depth % 40]) + depth : value; }
NOINLINE static int allocate(int n) { char *p = alloca(n); memset(p, n, n); return n > 4 ? allocate(n / 2) + p[n - 1] : p[0]; }
static jmp_buf outer, inner; static volatile int trail;
NOINLINE static void jump(int n) { trail = trail * 10 + n; if (n == 3) longjmp(inner, 3); if (n == 5) longjmp(outer, 0); jump(n + 1); }
static int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }

int main(void) {
    struct small s = rotate((struct small){1, 2, 3}); struct pair p = scale((struct pair){7, 2.5}, 1.5f, -3); struct floats f = add((struct floats){1, 2, 3, 4}, (struct floats){5, 6, 7, 8});
    struct large l = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, "name"}; l = bump(bump(l, 3), 1000000007);
    printf("%d%d%d %d %g %g %g %g %g %lld %lld %s\n", s.a, s.b, s.c, p.a, p.b, f.x, f.y, f.z, f.w, (long long)l.values[0], (long long)l.values[8], l.name);
    printf("%.10g\n", many(1, 2.5, 3, 4.5f, 5000000000ll, -6, 7.25, 200, -9, 10.5f, &s, 12.125, 13, 14.0625, 15.5L));
    printf("%.12g\n", variable("idlLspcidl", 1, 2.5, (int64_t)1 << 40, 3.25L, "four", p, s, -5, 6.5, (int64_t)-7));
    double (*pointers[2])(const char *, ...) = {variable, variable}; printf("%g\n", pointers[l.values[0] & 1]("dd", 1.0, 2.0));
    union mixed m; m.d = -2.5; printf("%016" PRIx64 " %d\n", m.u, m.s.h[0] + m.s.h[3]);
    printf("%" PRIu64 " %d %d\n", recurse(3000, 7), allocate(5000), ackermann(2, 300));
    if (setjmp(outer) == 0) { int came = setjmp(inner); if (came == 0) jump(1); else { trail = trail * 10 + came + 5; jump(4); } } else trail = trail * 10 + 9;
    printf("%d\n", trail);
    switch (l.values[3] % 7) { case 0: puts("zero"); break; case 1: puts("one"); break; case 2: puts("two"); break; case 3: puts("three"); break; case 4: puts("four"); break; default: puts("more"); }
    return 17;
}
