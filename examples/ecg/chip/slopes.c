#include "slopes.h"

#define LEAST_LEVEL INT32_C(1024)

void slopes_init(slopes *s)
{
    s->sum = 0;
    s->before = 0;
    s->level = 0;
    s->filled = 0;
}

/* The level after a slope of this magnitude: it rises by an eighth at most, and falls slowly. */
static int32_t follow(int32_t level, int32_t steep)
{
    const int32_t over = 16 * steep - level;
    if (over > 0) {
        return level + ((over < level ? over : level) >> 3);
    }
    level -= level >> 10;
    return level > LEAST_LEVEL ? level : LEAST_LEVEL;
}

int slopes_push(slopes *s, int16_t sample, int8_t *slope)
{
    s->sum += sample;
    if (++s->filled < SLOPES_HOP) {
        return 0;
    }
    if (s->level == 0) { /* the first step has nothing before it */
        s->level = LEAST_LEVEL;
        s->before = s->sum;
    }
    const int32_t rise = s->sum - s->before;
    const int32_t steep = rise < 0 ? -rise : rise;
    s->before = s->sum;
    s->sum = 0;
    s->filled = 0;
    s->level = follow(s->level, steep);
    const int32_t parts = 1024 * steep / s->level;
    const int32_t most = parts < 127 ? parts : 127;
    *slope = (int8_t)(rise < 0 ? -most : most);
    return 1;
}
