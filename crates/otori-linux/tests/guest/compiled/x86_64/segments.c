/* Bases of segments, which arch_prctl sets. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t here[4] = {11, 22, 33, 44};
static void segments(void)
{
	uint64_t base = 0, value = 0, fs = 0;
	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs);
	__asm__ volatile("mov %%fs:0, %0" : "=r"(value));
	printf("fs points at itself %d\n", value == fs);
	printf("set gs %ld\n", syscall(SYS_arch_prctl, ARCH_SET_GS, here));
	syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
	__asm__ volatile("mov %%gs:16, %0" : "=r"(value));
	printf("gs %d %llu\n", base == (uintptr_t)here, (unsigned long long)value);
	__asm__ volatile("movq $77, %%gs:24" : : : "memory");
	printf("stored %llu\n", (unsigned long long)here[3]);
	/* a string instruction takes the override for its source only */
	uint64_t copy[2] = {0, 0};
	void *from = 0, *to = copy;
	__asm__ volatile("movsq %%gs:(%%rsi), %%es:(%%rdi)" : "+S"(from), "+D"(to) : : "memory");
	printf("string %llu\n", (unsigned long long)copy[0]);
	errno = 0;
	printf("kernel's address %ld", syscall(SYS_arch_prctl, ARCH_SET_GS, 0xffff800000000000UL));
	printf(" %s\n", strerror(errno));
	printf("unknown %ld", syscall(SYS_arch_prctl, 0x9999, 0));
	printf(" %s\n", strerror(errno));
	if (fork() == 0) {
		__asm__ volatile("mov %%gs:8, %0" : "=r"(value));
		printf("inherited %llu\n", (unsigned long long)value);
		_exit(0);
	}
	usleep(100000);
	int selector = 0;
	__asm__ volatile("mov %%fs, %0" : "=r"(selector));
	printf("selector %d\n", selector);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	segments();
	return 0;
}
