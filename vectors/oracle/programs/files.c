// Files: reading, writing, seeking, vectors, truncation, directories, links, times, locks, mappings, standard streams.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
static int walked, walked_bytes; static int step(const char *path, const struct stat *found, int kind, struct FTW *where) { (void)path; (void)where; walked++; if (kind == FTW_F) walked_bytes += (int)found->st_size; return 0; }

int main(void) {
    char text[200] = {0}; struct stat found; chdir("/tmp"); int file = open("f", O_RDWR | O_CREAT | O_EXCL, 0640); printf("%d %d\n", file >= 0, open("f", O_CREAT | O_EXCL | O_WRONLY, 0600)); printf("%d\n", errno == EEXIST);
    printf("%d", (int)write(file, "hello world\n", 12)); printf(" %d", (int)lseek(file, 6, SEEK_SET)); printf(" %d %s", (int)read(file, text, 100), text); printf("%d %d\n", (int)lseek(file, -3, SEEK_END), (int)lseek(file, 0, SEEK_CUR)); printf("%d %d\n", (int)pwrite(file, "WORLD", 5, 6), (int)pread(file, text, 5, 6)); printf("%.5s\n", text);
    struct iovec parts[3] = {{"one ", 4}, {"two ", 4}, {"three\n", 6}}; lseek(file, 0, SEEK_END); printf("%d\n", (int)writev(file, parts, 3)); char a[5], b[8]; struct iovec into[2] = {{a, 5}, {b, 7}}; lseek(file, 0, SEEK_SET); printf("%d %.5s|%.7s\n", (int)readv(file, into, 2), a, b);
    fstat(file, &found); printf("%d %o %d %d\n", (int)found.st_size, found.st_mode, (int)found.st_nlink, S_ISREG(found.st_mode)); printf("%d %d\n", ftruncate(file, 5), (int)lseek(file, 0, SEEK_END)); printf("%d\n", (int)lseek(file, 5000000000ll >> 12, SEEK_SET)); write(file, "end", 3); fstat(file, &found); printf("%d\n", (int)found.st_size); off64_t far = lseek64(file, 3000000000ll, SEEK_SET); printf("%lld %d\n", (long long)far, ftruncate(file, 100));
    struct timespec times[2] = {{1000000000, 123456789}, {2000000000, 987654321}}; futimens(file, times); fstat(file, &found); printf("%ld.%09ld %ld.%09ld\n", (long)found.st_atim.tv_sec, found.st_atim.tv_nsec, (long)found.st_mtim.tv_sec, found.st_mtim.tv_nsec); fchmod(file, 04755); stat("f", &found); printf("%o\n", found.st_mode & 07777);
    printf("%d %d %d\n", link("f", "g"), symlink("g", "s"), rename("g", "h")); printf("%d %s\n", (int)readlink("s", text, 100), strndup(text, 1)); printf("%d %d\n", stat("s", &found), errno == ENOENT); printf("%d %d\n", lstat("s", &found), S_ISLNK(found.st_mode)); stat("h", &found); printf("%d\n", (int)found.st_nlink); unlink("f"); printf("%d %d\n", access("f", F_OK), access("h", R_OK | W_OK));
    mkdir("d", 0755); mkdir("d/e", 0700); for (int i = 0; i < 30; i++) { snprintf(text, 100, "d/file-%02d", i); int made = open(text, O_CREAT | O_WRONLY, 0644); write(made, text, i); close(made); }
    DIR *folder = opendir("d"); struct dirent *entry; char *names[64]; int count = 0; while ((entry = readdir(folder)) && count < 64) names[count++] = strdup(entry->d_name); qsort(names, count, sizeof *names, by_name); printf("%d %s %s %s %s\n", count, names[0], names[1], names[2], names[count - 1]); rewinddir(folder); int again = 0; while (readdir(folder)) again++; long place = telldir(folder); printf("%d %d\n", again, place != 0); closedir(folder);
    nftw("d", step, 10, FTW_PHYS); printf("%d %d\n", walked, walked_bytes); glob_t matched; glob("d/file-0[1-3]*", 0, NULL, &matched); printf("%zu %s\n", matched.gl_pathc, matched.gl_pathv[0]); struct dirent **list; printf("%d\n", scandir("d", &list, NULL, alphasort)); printf("%d %d\n", rmdir("d"), errno == ENOTEMPTY); int at = open("d", O_RDONLY | O_DIRECTORY); printf("%d %d\n", unlinkat(at, "e", AT_REMOVEDIR), renameat(at, "file-00", at, "zero")); fstatat(at, "file-05", &found, 0); printf("%d\n", (int)found.st_size);
    char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0); ftruncate(file, 8192); memcpy(map + 4000, "mapped across pages", 19); msync(map, 8192, MS_SYNC); pread(file, text, 19, 4000); printf("%.19s\n", text); pwrite(file, "W", 1, 4000); printf("%c\n", map[4000]); char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0); private[0] = '#'; pread(file, text, 1, 0); printf("%c %c\n", text[0], private[0]); munmap(map, 8192);
    int second = open("h", O_RDWR); printf("%d %d %d\n", flock(file, LOCK_EX), flock(second, LOCK_EX | LOCK_NB), errno == EWOULDBLOCK); struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10}; printf("%d\n", fcntl(file, F_SETLK, &range)); printf("%d %d\n", fcntl(file, F_GETFL) & O_ACCMODE, fcntl(file, F_GETFD)); int copy = fcntl(file, F_DUPFD_CLOEXEC, 50); printf("%d %d\n", copy, fcntl(copy, F_GETFD));
    FILE *stream = fopen("t", "w+"); for (int i = 0; i < 5000; i++) fprintf(stream, "line %d\n", i); fseek(stream, 0, SEEK_SET); int lines = 0; while (fgets(text, 200, stream)) lines++; printf("%d %ld %s", lines, ftell(stream), text); fseek(stream, -10, SEEK_END); fputs("changed", stream); fflush(stream); rewind(stream); printf("%d %d\n", fscanf(stream, "line %d", &lines), lines); ungetc('Q', stream); printf("%c %d\n", fgetc(stream), feof(stream)); fclose(stream); stream = fopen("t", "a"); fputs("appended\n", stream); fclose(stream); stat("t", &found); printf("%d\n", (int)found.st_size); char *line = NULL; size_t room = 0; stream = fopen("t", "r"); long total = 0, got; while ((got = getline(&line, &room, stream)) > 0) total += got; printf("%ld\n", total);
    stream = tmpfile(); fputs("temporary", stream); rewind(stream); printf("%d\n", (int)fread(text, 1, 100, stream)); char *memory; size_t size; stream = open_memstream(&memory, &size); fprintf(stream, "%d in memory", 42); fclose(stream); printf("%zu %s\n", size, memory); printf("%s %d\n", realpath("d/../h", text), getcwd(text, 200) != NULL); printf("%s\n", text); printf("%d %d %d %d\n", open("none", O_RDONLY), errno, open("h/x", O_RDONLY), errno == ENOTDIR); printf("%d %d\n", (int)write(99, "x", 1), errno == EBADF); struct statvfs system; printf("%d %d\n", statvfs("/tmp", &system), (int)system.f_namemax); umask(077); close(open("u", O_CREAT | O_WRONLY, 0666)); stat("u", &found); printf("%o\n", found.st_mode & 0777); mkfifo("p", 0600); stat("p", &found); printf("%d\n", S_ISFIFO(found.st_mode)); return 0;
}
