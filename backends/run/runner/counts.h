/* What sections of a firmware took, for the runners: how often each number of cycles or instructions was seen, and how low the stack
 * went. Both runners include it, and write the same file. */
#ifndef COUNTS_H
#define COUNTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_SECTIONS = 8, MAX_DISTINCT = 1 << 16 };

struct distinct {
    uint64_t value, times;
};

struct section_counts {
    uint64_t lowest; /* address that the stack reached, ~0 where it did not move */
    struct distinct *seen;
    size_t distinct;
};

static struct section_counts counts[MAX_SECTIONS];
static uint64_t lowest_of_all = UINT64_MAX;

static void counts_init(void)
{
    for (int i = 0; i < MAX_SECTIONS; i++)
        counts[i].lowest = UINT64_MAX;
}

static void counts_add(int section, uint64_t value)
{
    struct section_counts *s = &counts[section];
    for (size_t i = 0; i < s->distinct; i++)
        if (s->seen[i].value == value) {
            s->seen[i].times++;
            return;
        }
    if (s->distinct == MAX_DISTINCT)
        abort();
    s->seen = realloc(s->seen, (s->distinct + 1) * sizeof *s->seen);
    if (s->seen == NULL)
        abort();
    s->seen[s->distinct++] = (struct distinct){value, 1};
}

static void counts_stack(int section, uint64_t address)
{
    if (address < lowest_of_all)
        lowest_of_all = address;
    if (section >= 0 && address < counts[section].lowest)
        counts[section].lowest = address;
}

static void counts_write(FILE *out)
{
    for (int i = 0; i < MAX_SECTIONS; i++) {
        for (size_t k = 0; k < counts[i].distinct; k++)
            fprintf(out, "count %d %llu %llu\n", i, (unsigned long long)counts[i].seen[k].value, (unsigned long long)counts[i].seen[k].times);
        if (counts[i].lowest != UINT64_MAX)
            fprintf(out, "stack %d %llu\n", i, (unsigned long long)counts[i].lowest);
    }
    if (lowest_of_all != UINT64_MAX)
        fprintf(out, "lowest %llu\n", (unsigned long long)lowest_of_all);
}

#endif
