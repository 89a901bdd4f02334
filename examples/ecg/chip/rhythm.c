#include "rhythm.h"

#include <string.h>

#define LONGEST 255
#define MANY 16

void rhythm_init(rhythm *r)
{
    memset(r, 0, sizeof *r);
}

/* Takes an interval, in 64ths of a step. */
static void interval(rhythm *r, int32_t length)
{
    if (r->count < MANY) {
        r->count++;
    }
    if (r->count == 1) {
        r->mean = (uint16_t)length;
    }
    const int32_t mean = r->mean;
    const int32_t late = length - mean;
    const int32_t byte = 32 * late / mean;
    r->early = (int8_t)(byte > 127 ? 127 : byte < -127 ? -127 : byte);
    int32_t share = 1; /* the greatest power of two up to count */
    while (2 * share <= r->count) {
        share *= 2;
    }
    r->mean = (uint16_t)(mean + late / share);
}

int8_t rhythm_push(rhythm *r, int marked)
{
    if (r->since < LONGEST) {
        r->since++;
    }
    if (marked) {
        if (r->begun) {
            interval(r, 64 * (int32_t)r->since);
        }
        r->begun = 1;
        r->since = 0;
    }
    return r->early;
}
