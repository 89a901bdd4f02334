#include "slopes.h"

#include <string.h>

#define MANY_STEPS 256

void slopes_init(slopes *s)
{
    memset(s, 0, sizeof *s);
}

/* The bits of a number. */
static unsigned bits_of(uint16_t n)
{
    unsigned bits = 0;
    for (; n > 0; n >>= 1) {
        bits++;
    }
    return bits;
}

/* A slope in the unit of its level, which it moves, but which is least at least. */
static int8_t scaled(int32_t rise, int32_t *level, unsigned weight, int32_t least)
{
    const int32_t steep = rise < 0 ? -rise : rise;
    const int32_t over = 16 * steep - *level;
    *level = over > 0 ? *level + (over >> weight) : *level - (-over >> weight);
    const int32_t parts = 64 * steep / (*level > least ? *level : least);
    const int32_t most = parts < 127 ? parts : 127;
    return (int8_t)(rise < 0 ? -most : most);
}

int slopes_push(slopes *s, int16_t sample, int8_t slope[SLOPES])
{
    s->sum += sample;
    if (++s->filled < SLOPES_HOP) {
        return 0;
    }
    const int32_t sum = s->sum;
    s->sum = 0;
    s->filled = 0;
    if (s->steps == 0) { /* before the first step it was as it is then */
        for (unsigned i = 0; i < 2 * SLOPES_SPAN; i++) {
            s->before[i] = sum;
        }
    }
    if (s->steps < MANY_STEPS) {
        s->steps++;
    }
    const int32_t fast = sum - s->before[0];
    s->slow += sum - 2 * s->before[SLOPES_SPAN - 1] + s->before[2 * SLOPES_SPAN - 1];
    memmove(s->before + 1, s->before, sizeof s->before - sizeof s->before[0]);
    s->before[0] = sum;
    const unsigned weight = bits_of(s->steps);
    slope[0] = scaled(fast, &s->level[0], weight, 256);
    slope[1] = scaled(s->slow, &s->level[1], weight, 2048);
    return 1;
}
