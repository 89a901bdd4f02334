/*
 * Wakes at a word. On a chip, the two functions below main talk to the microphone and to whatever wakes; here they are standard input
 * (samples of 16 bits, low byte first, 8,000 a second) and standard output.
 */
#include "frontend.h"
#include "wakeword.h"

#include <stdint.h>
#include <stdio.h>

#include "scale.h"

static int microphone(int16_t *sample);
static void wake(void);

static frontend ears;
static wakeword_state model;
static uint32_t heard; /* samples */

/* A frame in the integers that the model takes. */
static void scaled(const uint8_t bands[FRONTEND_BANDS], wakeword_input x[FRONTEND_BANDS])
{
    for (int i = 0; i < FRONTEND_BANDS; i++) {
        const int32_t v = (gain[i] * bands[i] + offset[i]) >> SCALE_SHIFT;
        x[i] = (wakeword_input)(v > 127 ? 127 : v < -128 ? -128 : v);
    }
}

int main(void)
{
    int16_t sample;
    uint8_t bands[FRONTEND_BANDS];
    wakeword_input x[2 * FRONTEND_BANDS]; /* a step is two frames, the older one first */
    unsigned frames = 0;
    int awake = 0;
    frontend_init(&ears);
    wakeword_init(&model);
    while (microphone(&sample)) {
        heard++;
        if (!frontend_push(&ears, sample, bands)) {
            continue;
        }
        scaled(bands, x + frames * FRONTEND_BANDS);
        if (++frames == 2) {
            frames = 0;
            wakeword_step(&model, x);
            const int now = wakeword_class(&model); /* with the smoothing, threshold and hold of the model's decide block */
            if (now && !awake) {
                wake();
            }
            awake = now;
        }
    }
    return 0;
}

/* The next sample; 0 when there are no more. On a chip: wait until the interrupt of the converter has left one. */
static int microphone(int16_t *sample)
{
    const int low = getchar(), high = getchar();
    if (high == EOF) {
        return 0;
    }
    *sample = (int16_t)(low + (high < 128 ? high : high - 256) * 256);
    return 1;
}

static void wake(void)
{
    printf("%lu.%02lu s\n", (unsigned long)(heard / 8000), (unsigned long)(heard % 8000 / 80));
    fflush(stdout);
}
