// contained: memory_mib=16 instructions=300000000 endless
#include "contained.h"
static char room[262144];
int main() {
    int zero = open("/dev/zero", O_RDONLY), processes = open("/proc", O_RDONLY | O_DIRECTORY);
    for (;;) {
        read(zero, room, sizeof room);
        int maps = open("/proc/self/../self/./status", O_RDONLY);
        read(maps, room, sizeof room);
        close(maps);
        lseek(processes, 0, SEEK_SET);
        syscall(SYS_getdents64, processes, room, sizeof room);
    }
}
