/* The front end as a filter, for ecg_test.go: samples of 16 bits in, low byte first, two bytes a step out. */
#include "slopes.h"

#include <stdio.h>

int main(void)
{
    slopes s;
    int8_t slope[SLOPES];
    int low, high;
    slopes_init(&s);
    while ((low = getchar()) != EOF && (high = getchar()) != EOF) {
        const int sample = low + (high < 128 ? high : high - 256) * 256;
        if (slopes_push(&s, (int16_t)sample, slope)) {
            fwrite(slope, 1, sizeof slope, stdout);
        }
    }
    return 0;
}
