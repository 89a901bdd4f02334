/* The rhythm as a filter, for ecg_test.go: a byte a step in, 1 where it has a mark, a byte a step out. */
#include "rhythm.h"

#include <stdio.h>

int main(void)
{
    rhythm r;
    int marked;
    rhythm_init(&r);
    while ((marked = getchar()) != EOF) {
        putchar((unsigned char)rhythm_push(&r, marked));
    }
    return 0;
}
