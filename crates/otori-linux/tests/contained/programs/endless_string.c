// contained: memory_mib=16 instructions=60000000 endless
#include "contained.h"
static char room[4096];
int main() {
    // a repeat count without end that never leaves the room: every byte is an instruction
    for (;;) {
        char *from = room, *to = room;
        unsigned long count = sizeof room;
        __asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(count) :: "memory");
    }
}
