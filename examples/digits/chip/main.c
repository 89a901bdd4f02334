/*
 * Hears digits. On a chip, the two functions below main talk to the microphone and to whatever shows the digit; here
 * they are standard input (samples of 16 bits, low byte first, 8,000 a second) and standard output.
 */
#include "digits.h"
#include "frontend.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A frame counts as sound when a band has this much. Raise it above the noise of your microphone; a step is 0.376 dB. */
#ifndef LOUD
#define LOUD 24
#endif

/* A word has ended after so many frames without sound: 16 are 256 ms, longer than the stops inside a word. */
#ifndef PAUSE
#define PAUSE 16
#endif

static int microphone(int16_t *sample);
static void say(int digit);

static frontend ears;
static digits_state model;

/* The word that is being spoken. Frames after DIGITS_STEPS are not kept: the model knows no longer words. */
static uint8_t word[DIGITS_STEPS][FRONTEND_BANDS];
static unsigned frames; /* kept so far; 0 while nobody speaks */
static unsigned spoken; /* of them, those up to the last sound */
static unsigned pause;  /* frames since the last sound */

/* The model learned words with silence in front, so that all end at its last step. */
static int recognise(void)
{
    static const uint8_t silence[FRONTEND_BANDS];
    digits_init(&model);
    for (unsigned i = spoken; i < DIGITS_STEPS; i++) {
        digits_step(&model, silence);
    }
    for (unsigned i = 0; i < spoken; i++) {
        digits_step(&model, word[i]);
    }
    return digits_class(&model);
}

static void end_of_word(void)
{
    if (spoken > 0) {
        say(recognise());
    }
    frames = spoken = pause = 0;
}

static int loud(const uint8_t bands[FRONTEND_BANDS])
{
    for (unsigned i = 0; i < FRONTEND_BANDS; i++) {
        if (bands[i] >= LOUD) {
            return 1;
        }
    }
    return 0;
}

static void hear(const uint8_t bands[FRONTEND_BANDS])
{
    const int sound = loud(bands);
    if (!sound && frames == 0) {
        return;
    }
    if (frames < DIGITS_STEPS) {
        memcpy(word[frames], bands, sizeof word[frames]);
        frames++;
    }
    if (sound) {
        spoken = frames;
        pause = 0;
    } else if (++pause == PAUSE) {
        end_of_word();
    }
}

int main(void)
{
    int16_t sample;
    uint8_t bands[FRONTEND_BANDS];
    frontend_init(&ears);
    while (microphone(&sample)) {
        if (frontend_push(&ears, sample, bands)) {
            hear(bands);
        }
    }
    end_of_word();
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

static void say(int digit)
{
    printf("%d\n", digit);
    fflush(stdout);
}
