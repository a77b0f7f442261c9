/* The state of the floating point units of x86 in memory: FXSAVE, FXRSTOR, and what they refuse. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __x86_64__
#define TOUCHED "xmm5", "memory"
#else
/* compiled without SSE, which has no name for it */
#define TOUCHED "memory"
#endif

static sigjmp_buf back;
static void caught(int signal)
{
	siglongjmp(back, signal);
}

static uint8_t image[512] __attribute__((aligned(16))), again[512] __attribute__((aligned(16)));
static void reload(void)
{
	__asm__ volatile("fxrstor %0" : : "m"(image));
}
static void crooked(void)
{
	uint8_t *off = image + 8;
	__asm__ volatile("fxsave (%0)" : : "r"(off) : "memory");
}
static void refused(const char *name, void (*work)(void))
{
	int signal = sigsetjmp(back, 1);
	if (signal == 0) {
		work();
		printf("%s: done\n", name);
	} else {
		printf("%s: signal %d\n", name, signal);
	}
}

static void units(void)
{
	double third = 1.0 / 3;
	float four[4] = {1, 2, 3, 4}, read[4];
	uint32_t control = 0x1f80 | 3 << 13, shown = 0;
	memset(image, 0xee, sizeof image);
	__asm__ volatile("fninit\n\tfldl %1\n\tfld1\n\tmovups %2, %%xmm5\n\tldmxcsr %3\n\tfxsave %0"
			 : "=m"(image) : "m"(third), "m"(four), "m"(control) : TOUCHED);
	uint16_t *words = (void *)image;
	uint32_t *longs = (void *)image;
	printf("control %x status %x tags %x mxcsr %x\n", words[0], words[1], image[4], longs[6]);
	printf("st0 %04x %016llx st1 %04x %016llx\n", words[16 + 4], (unsigned long long)*(uint64_t *)(image + 32),
	       words[24 + 4], (unsigned long long)*(uint64_t *)(image + 48));
	memcpy(read, image + 160 + 5 * 16, 16);
	printf("xmm5 %g %g %g %g\n", read[0], read[1], read[2], read[3]);
	__asm__ volatile("fninit\n\txorps %%xmm5, %%xmm5\n\tfxrstor %1\n\tfxsave %0" : "=m"(again) : "m"(image) : TOUCHED);
	printf("the same again %d %d\n", memcmp(image, again, 24) == 0, memcmp(image + 32, again + 32, 128 + 128) == 0);
	__asm__ volatile("fninit\n\tstmxcsr %0" : "=m"(shown));
	control = 0x1f80;
	__asm__ volatile("ldmxcsr %0" : : "m"(control));
	printf("kept %x\n", shown);
	longs[6] = 0x10000;
	refused("reserved bits", reload);
	longs[6] = 0x1f80;
	refused("good bits", reload);
	refused("not aligned", crooked);
	__asm__ volatile("fninit");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGSEGV, caught);
	signal(SIGBUS, caught);
	units();
	return 0;
}
