/* Segments of the thread's areas, which set_thread_area describes. */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t here[4] = {11, 22, 33, 44};
static void segments(void)
{
	struct user_desc entry = {.entry_number = -1, .base_addr = (uintptr_t)here, .limit = 15, .seg_32bit = 1, .useable = 1};
	printf("set %ld", syscall(SYS_set_thread_area, &entry));
	printf(" entry %d\n", entry.entry_number >= 12 && entry.entry_number <= 14);
	uint32_t value, before;
	__asm__ volatile("mov %%fs, %0" : "=r"(before));
	__asm__ volatile("mov %0, %%fs" : : "r"(entry.entry_number * 8 + 3));
	__asm__ volatile("mov %%fs:8, %0" : "=r"(value));
	printf("fs %u\n", value);
	__asm__ volatile("movl $77, %%fs:12" : : : "memory");
	printf("stored %u\n", here[3]);
	struct user_desc shown = {.entry_number = entry.entry_number};
	printf("get %ld", syscall(SYS_get_thread_area, &shown));
	printf(" base %d\n", shown.base_addr == (uintptr_t)here);
	__asm__ volatile("mov %0, %%fs" : : "r"(before));
	shown.entry_number = 3;
	printf("no such %ld", syscall(SYS_get_thread_area, &shown));
	printf(" %s\n", strerror(errno));
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	segments();
	return 0;
}
