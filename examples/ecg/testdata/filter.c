/* The front end as a filter, for ecg_test.go: samples of 16 bits in, low byte first, a byte a step out. */
#include "slopes.h"

#include <stdio.h>

int main(void)
{
    slopes s;
    int8_t slope;
    int low, high;
    slopes_init(&s);
    while ((low = getchar()) != EOF && (high = getchar()) != EOF) {
        const int sample = low + (high < 128 ? high : high - 256) * 256;
        if (slopes_push(&s, (int16_t)sample, &slope)) {
            putchar((uint8_t)slope);
        }
    }
    return 0;
}
