// contained: memory_mib=64 instructions=200000000 processes=500 endless
#include "contained.h"
int main() { for (;;) fork(); }
