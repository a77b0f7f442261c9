/* A parent and its children run the same code, and then each its own at the same addresses: stored to a page for all of
 * it, to one that is made executable later, to one that is mapped behind the fork, and by a debugger into the program. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 3 };

/* A function that returns the number. */
static void function_of(int number, uint32_t code[WORDS])
{
#if defined(__mips__)
	code[0] = 0x03e00008; /* jr $ra */
	code[1] = 0x24020000 | number; /* in its delay slot: li $v0, number */
	code[2] = 0;
#elif defined(__aarch64__)
	code[0] = 0x52800000 | number << 5; /* mov w0, #number */
	code[1] = 0xd65f03c0; /* ret */
	code[2] = 0;
#elif defined(__arm__)
	code[0] = 0xe3a00000 | number; /* mov r0, #number */
	code[1] = 0xe12fff1e; /* bx lr */
	code[2] = 0;
#else
	static const unsigned char none[4 * WORDS] = {0xb8, 0, 0, 0, 0, 0xc3}; /* mov eax, number; ret */
	memcpy(code, none, sizeof none);
	((unsigned char *)code)[1] = number;
#endif
}

static void put(void *page, int number)
{
	uint32_t code[WORDS];
	function_of(number, code);
	memcpy(page, code, sizeof code);
	__builtin___clear_cache(page, (char *)page + sizeof code);
}

static int call(void *page)
{
	return ((int (*)(void))page)();
}

static void *page_of(int prot)
{
	void *page = mmap(0, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? NULL : page;
}

/* The child says one byte when it is so far, and waits for one. */
static int up[2], down[2];
static void say(int *pipe)
{
	if (write(pipe[1], "", 1) != 1)
		exit(1);
}
static void hear(int *pipe)
{
	char byte;
	if (read(pipe[0], &byte, 1) != 1)
		exit(1);
}

static int status_of(pid_t child)
{
	int status = 0;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Parent and child in turn, each with what it stored. */
static void one_page(int prot, const char *name)
{
	void *page = page_of(PROT_READ | PROT_WRITE);
	put(page, 1);
	mprotect(page, 4096, prot);
	int before = prot & PROT_EXEC ? call(page) : 0;
	pid_t child = fork();
	if (child == 0) {
		int first = prot & PROT_EXEC ? call(page) : 0;
		mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
		put(page, 2);
		int second = call(page);
		say(up);
		hear(down);
		_exit(first * 16 + second * 4 + call(page));
	}
	hear(up);
	mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
	int same = call(page);
	put(page, 3);
	int own = call(page);
	say(down);
	int status = status_of(child);
	printf("%s: %d, %d then %d; child %d %d %d\n", name, before, same, own, status / 16, status / 4 % 4, status % 4);
	munmap(page, 4096);
}

/* The child runs first what it stored to a page where the parent has not run anything. */
static void only_stored(void)
{
	void *page = page_of(PROT_READ | PROT_WRITE | PROT_EXEC);
	put(page, 1);
	pid_t child = fork();
	if (child == 0) {
		put(page, 2);
		int number = call(page);
		say(up);
		hear(down);
		_exit(number * 4 + call(page));
	}
	hear(up);
	int number = call(page);
	say(down);
	int status = status_of(child);
	printf("stored: %d; child %d %d\n", number, status / 4, status % 4);
}

/* Both map something where nothing was. */
static void mapped_behind(void)
{
	char *place = page_of(PROT_NONE);
	munmap(place, 4096);
	pid_t child = fork();
	int own = child ? 3 : 2;
	if (child)
		hear(up);
	char *page = mmap(place, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	put(page, own);
	int number = call(page);
	if (!child) {
		say(up);
		hear(down);
		_exit(number * 4 + call(page));
	}
	say(down);
	int status = status_of(child);
	printf("mapped: %d; child %d %d\n", number, status / 4, status % 4);
}

#ifdef __arm__
__attribute__((target("arm")))
#endif
__attribute__((noinline)) static int answer(void)
{
	__asm__ volatile(".balign 16" ::: "memory");
	return 1;
}

/* A debugger stores into the program of the child; its own stays. */
static void patched(void)
{
	int before = answer();
	pid_t child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		int first = answer();
		raise(SIGSTOP);
		_exit(first * 4 + answer());
	}
	int status;
	waitpid(child, &status, 0);
	uint32_t code[WORDS];
	long words[(sizeof code + sizeof(long) - 1) / sizeof(long)] = {0};
	uintptr_t place = (uintptr_t)&answer & ~(uintptr_t)(sizeof(long) - 1);
	function_of(2, code);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		words[i] = ptrace(PTRACE_PEEKTEXT, child, place + i * sizeof(long), 0);
	memcpy((char *)words + ((uintptr_t)&answer - place), code, 8);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		ptrace(PTRACE_POKETEXT, child, place + i * sizeof(long), words[i]);
	ptrace(PTRACE_CONT, child, 0, 0);
	int number = status_of(child);
	printf("patched: %d %d; child %d %d\n", before, answer(), number / 4, number % 4);
}

int main(void)
{
	if (pipe(up) || pipe(down))
		return 1;
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int round = 0; round < 3; round++) {
		one_page(PROT_READ | PROT_WRITE | PROT_EXEC, "writable");
		one_page(PROT_READ | PROT_EXEC, "not writable");
		one_page(PROT_READ | PROT_WRITE, "executable later");
		only_stored();
		mapped_behind();
		patched();
	}
	return 0;
}
