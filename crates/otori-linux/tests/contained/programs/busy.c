// contained: memory_mib=16 instructions=100000000 endless
#include "contained.h"
int main() { for (;;) __asm__ volatile(""); }
