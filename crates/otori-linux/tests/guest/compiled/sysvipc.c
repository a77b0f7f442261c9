/* System V IPC: shared memory between processes, semaphores with undo, messages by type. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, int result) {
    int error = errno;
    printf("%s %d %s\n", what, result, result == -1 ? strerror(error) : "");
}

union semun { int val; struct semid_ds *buf; unsigned short *array; };
struct message { long type; char text[64]; };

static void shared(void) {
    int id = shmget(IPC_PRIVATE, 5000, IPC_CREAT | 0600);
    char *first = shmat(id, 0, 0), *second = shmat(id, 0, SHM_RDONLY);
    struct shmid_ds state;
    shmctl(id, IPC_STAT, &state);
    printf("shm size %zu attached %d\n", state.shm_segsz, (int)state.shm_nattch);
    if (fork() == 0) { strcpy(first + 4096, "from the child"); _exit(0); }
    wait(0);
    printf("shm %s\n", second + 4096);
    shmctl(id, IPC_RMID, 0);
    printf("shm removed, still %s\n", first + 4096);
    printf("shmdt %d %d\n", shmdt(first), shmdt(second));
    say("shmdt again", shmdt(first));
    say("shmat gone", shmat(id, 0, 0) == (void *)-1);
    int key = 0x5678 + getpid();
    id = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
    say("shmget excl", shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600));
    printf("shmget same %d\n", shmget(key, 100, 0) == id);
    say("shmget larger", shmget(key, 100000, 0));
    shmctl(id, IPC_RMID, 0);
    say("shmget none", shmget(key, 100, 0));
}

static void semaphores(void) {
    int id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
    union semun argument = { .val = 1 };
    semctl(id, 0, SETVAL, argument);
    struct sembuf take = { 0, -1, SEM_UNDO }, give = { 0, 1, 0 }, zero = { 0, 0, 0 };
    struct sembuf try_take = { 0, -1, IPC_NOWAIT };
    pid_t child = fork();
    if (child == 0) { semop(id, &take, 1); usleep(100000); _exit(0); }
    printf("zero %d\n", semop(id, &zero, 1));
    say("nowait", semop(id, &try_take, 1));
    struct timespec soon = { 0, 10000000 };
    struct sembuf plain = { 0, -1, 0 };
    say("timed", semtimedop(id, &plain, 1, &soon));
    printf("take after undo %d value %d\n", semop(id, &plain, 1), semctl(id, 0, GETVAL));
    waitpid(child, 0, 0);
    child = fork();
    if (child == 0) { semop(id, &plain, 1); _exit(7); }
    usleep(50000);
    printf("waiters %d %d\n", semctl(id, 0, GETNCNT), semctl(id, 0, GETZCNT));
    semop(id, &give, 1);
    int status;
    waitpid(child, &status, 0);
    printf("child %d last pid is child %d\n", WEXITSTATUS(status), semctl(id, 0, GETPID) == child);
    unsigned short values[2] = { 5, 6 };
    argument.array = values;
    semctl(id, 0, SETALL, argument);
    struct sembuf both[2] = { { 0, -5, IPC_NOWAIT }, { 1, -7, IPC_NOWAIT } };
    printf("both %d", semop(id, both, 2));
    semctl(id, 0, GETALL, argument);
    printf(" values %d %d\n", values[0], values[1]);
    child = fork();
    if (child == 0) {
        struct sembuf much = { 1, -100, 0 };
        int done = semop(id, &much, 1);
        _exit(done == -1 && errno == EIDRM ? 3 : 4);
    }
    usleep(50000);
    semctl(id, 0, IPC_RMID);
    waitpid(child, &status, 0);
    printf("removed under a waiter %d\n", WEXITSTATUS(status));
}

static void messages(void) {
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    struct message message = { 3, "three" };
    msgsnd(id, &message, 6, 0);
    message = (struct message){ 1, "one" };
    msgsnd(id, &message, 4, 0);
    struct msqid_ds state;
    msgctl(id, IPC_STAT, &state);
    printf("queue %d messages\n", (int)state.msg_qnum);
    int length = msgrcv(id, &message, sizeof message.text, -2, 0);
    printf("got %d %ld %s\n", length, message.type, message.text);
    say("small", (int)msgrcv(id, &message, 2, 0, 0));
    length = msgrcv(id, &message, 2, 0, MSG_NOERROR);
    printf("cut %d %ld %.2s\n", length, message.type, message.text);
    say("none", (int)msgrcv(id, &message, 10, 0, IPC_NOWAIT));
    if (fork() == 0) {
        usleep(50000);
        message = (struct message){ 9, "late" };
        msgsnd(id, &message, 5, 0);
        _exit(0);
    }
    length = msgrcv(id, &message, sizeof message.text, 9, 0);
    printf("waited %d %s\n", length, message.text);
    wait(0);
    msgctl(id, IPC_RMID, 0);
    say("gone", msgsnd(id, &message, 5, 0));
}

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 4096);
    shared();
    semaphores();
    messages();
    return 0;
}
