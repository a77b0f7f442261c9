/* What only ARM has: the page of helpers, the thread registers and barriers of CP15, the byte order of data. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VERSION (*(int32_t *)0xffff0ffc)
#define GET_TLS ((uint32_t (*)(void))0xffff0fe0)
#define CMPXCHG ((int (*)(int, int, volatile int *))0xffff0fc0)
#define BARRIER ((void (*)(void))0xffff0fa0)
#define CMPXCHG64 ((int (*)(const int64_t *, const int64_t *, volatile int64_t *))0xffff0f60)

static sigjmp_buf back;
static void caught(int signal)
{
	siglongjmp(back, signal);
}

__attribute__((target("arm"), noinline)) static uint32_t own_pointer(void)
{
	uint32_t value;
	__asm__ volatile("mrc p15, 0, %0, c13, c0, 3" : "=r"(value));
	return value;
}
__attribute__((target("arm"), noinline)) static uint32_t scratch(uint32_t put)
{
	uint32_t value;
	__asm__ volatile("mcr p15, 0, %1, c13, c0, 2\n\tmrc p15, 0, %0, c13, c0, 2" : "=r"(value) : "r"(put));
	return value;
}
__attribute__((target("arm"), noinline)) static void barriers(void)
{
	__asm__ volatile("mcr p15, 0, %0, c7, c10, 5\n\tmcr p15, 0, %0, c7, c10, 4\n\tmcr p15, 0, %0, c7, c5, 4" : : "r"(0) : "memory");
}
__attribute__((target("arm"), noinline)) static void write_pointer(void)
{
	__asm__ volatile("mcr p15, 0, %0, c13, c0, 3" : : "r"(5));
}
__attribute__((target("arm"), noinline)) static void turned(const uint32_t *from, uint32_t *to)
{
	/* words, halves, bytes and pairs as they are read and stored with the other byte order */
	__asm__ volatile("setend be\n\tldr r2, [%0]\n\tldrh r3, [%0, #4]\n\tldrsh r4, [%0, #6]\n\tldrb r5, [%0, #8]\n\t"
			 "str r2, [%1, #16]\n\tstrh r3, [%1, #20]\n\tsetend le\n\t"
			 "str r2, [%1]\n\tstr r3, [%1, #4]\n\tstr r4, [%1, #8]\n\tstr r5, [%1, #12]\n\t"
			 "setend be\n\tldm %0, {r2, r3}\n\tsetend le\n\tstr r2, [%1, #24]\n\tstr r3, [%1, #28]"
			 : : "r"(from), "r"(to) : "r2", "r3", "r4", "r5", "memory");
}

__attribute__((target("arm"), noinline)) static void trap(void)
{
	__asm__ volatile(".inst 0xe7f001f0");
}
__attribute__((target("thumb"), noinline)) static void narrow_trap(void)
{
	__asm__ volatile(".inst.n 0xde01");
}
__attribute__((target("thumb"), noinline)) static void none(void)
{
	__asm__ volatile(".inst.n 0xde02");
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
int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGILL, caught);
	signal(SIGSEGV, caught);
	signal(SIGTRAP, caught);
	printf("version at least 5: %d\n", VERSION >= 5);
	printf("pointer: helper and register agree %d, not 0 %d\n", GET_TLS() == own_pointer(), own_pointer() != 0);
	volatile int word = 7;
	printf("exchange: %d", CMPXCHG(7, 9, &word));
	printf(" %d", word);
	printf(" other %d", CMPXCHG(7, 11, &word) != 0);
	printf(" %d\n", word);
	int64_t old = 0x100000002LL, new = 0x300000004LL;
	volatile int64_t pair = old;
	printf("exchange of 64: %d", CMPXCHG64(&old, &new, &pair));
	printf(" %llx", (long long)pair);
	printf(" other %d", CMPXCHG64(&old, &new, &pair) != 0);
	printf(" %llx\n", (long long)pair);
	BARRIER();
	barriers();
	printf("scratch %x %x\n", scratch(0x1234abcd), scratch(0));
	uint32_t before = own_pointer();
	syscall(0xf0005, before);
	printf("set_tls keeps %d\n", own_pointer() == before);
	refused("write the pointer", write_pointer);
	refused("breakpoint", trap);
	refused("breakpoint of Thumb", narrow_trap);
	refused("no instruction", none);
	uint32_t from[3] = {0x11223344, 0x55667788, 0x99aabbcc}, to[8];
	turned(from, to);
	for (int i = 0; i < 8; i++)
		printf("%x%c", to[i], i == 7 ? '\n' : ' ');
	return 0;
}
