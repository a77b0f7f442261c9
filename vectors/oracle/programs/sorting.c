// qsort, bsearch, a heap, a tree and a hash table: pointers, calls through pointers, allocation.
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed = 2463534242u;
static uint32_t next(void) { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed; }
struct row { char key[12]; double weight; uint16_t tag; };
static int by_key(const void *a, const void *b) { return strcmp(((const struct row *)a)->key, ((const struct row *)b)->key); }
static int by_weight(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    return x->weight < y->weight ? -1 : x->weight > y->weight ? 1 : (int)x->tag - (int)y->tag;
}
static int by_number(const void *a, const void *b) { int32_t x = *(const int32_t *)a, y = *(const int32_t *)b; return (x > y) - (x < y); }
static int compare_text(const void *a, const void *b) { return strcmp(a, b); }
static unsigned visited; static char order[64][12];
static void visit(const void *node, VISIT which, int depth) { (void)depth; if ((which == postorder || which == leaf) && visited < 64) strcpy(order[visited++], *(char *const *)node); }

int main(void) {
    enum { ROWS = 3000 };
    struct row *rows = calloc(ROWS, sizeof *rows);
    for (int i = 0; i < ROWS; i++) { snprintf(rows[i].key, 12, "k%08x", next()); rows[i].weight = (next() % 1000) / 7.0; rows[i].tag = (uint16_t)i; }
    qsort(rows, ROWS, sizeof *rows, by_key); printf("%s %s %s\n", rows[0].key, rows[ROWS / 2].key, rows[ROWS - 1].key);
    struct row wanted = rows[1234], *found = bsearch(&wanted, rows, ROWS, sizeof *rows, by_key); printf("%ld %u\n", (long)(found - rows), found->tag);
    qsort(rows, ROWS, sizeof *rows, by_weight); printf("%.6f %u %.6f %u\n", rows[0].weight, rows[0].tag, rows[ROWS - 1].weight, rows[ROWS - 1].tag);
    int32_t numbers[5000]; int64_t sum = 0; for (int i = 0; i < 5000; i++) numbers[i] = (int32_t)next();
    qsort(numbers, 5000, sizeof *numbers, by_number); for (int i = 0; i < 5000; i++) sum = sum * 31 + numbers[i]; printf("%d %d %lld\n", numbers[0], numbers[4999], (long long)sum);
    void *tree = NULL; for (int i = 0; i < 40; i++) tsearch(rows[i].key, &tree, compare_text);
    twalk(tree, visit); printf("%u %s %s\n", visited, order[0], order[39]);
    hcreate(200); for (int i = 0; i < 100; i++) hsearch((ENTRY){rows[i].key, (void *)(intptr_t)i}, ENTER);
    ENTRY *entry = hsearch((ENTRY){rows[77].key, NULL}, FIND); printf("%ld\n", (long)(intptr_t)entry->data);
    char *blocks[300]; size_t total = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 300; i++) { size_t size = 1 + next() % (i % 50 == 0 ? 300000 : 700); blocks[i] = malloc(size); memset(blocks[i], i, size); total += (unsigned char)blocks[i][size - 1]; }
        for (int i = 0; i < 300; i += 2) blocks[i] = realloc(blocks[i], 1 + next() % 2000);
        for (int i = 0; i < 300; i++) { total += (unsigned char)blocks[i][0]; free(blocks[i]); }
    }
    printf("%zu\n", total); free(rows); return 0;
}
