/* The front end as a filter, for wakeword_test.go: samples of 16 bits in, low byte first, 16 bytes a frame out. */
#include "frontend.h"

#include <stdio.h>

int main(void)
{
    static frontend f;
    uint8_t bands[FRONTEND_BANDS];
    int low, high;
    frontend_init(&f);
    while ((low = getchar()) != EOF && (high = getchar()) != EOF) {
        const int sample = low + (high < 128 ? high : high - 256) * 256;
        if (frontend_push(&f, (int16_t)sample, bands)) {
            fwrite(bands, 1, sizeof bands, stdout);
        }
    }
    return 0;
}
