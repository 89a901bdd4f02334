#include "frontend.h"

#include <string.h>

/* Constant tables. They stay in flash, which on AVR takes a word of GNU C (-std=gnu99). */
#if defined __FLASH && !defined __STRICT_ANSI__
#define TABLE const __flash
#else
#define TABLE const
#endif

#include "tables.h"

#define QUARTER 64 /* of a circle, in entries of sine */

/* v / 2^n, rounded down, n from 1 to 31. C leaves open what >> does to negative numbers, so none is shifted. */
static inline int32_t shift_down(int32_t v, unsigned n)
{
    return (int32_t)(((uint32_t)v + (UINT32_C(1) << 31)) >> n) - (int32_t)(UINT32_C(1) << (31 - n));
}

/* v / 2, rounded to the nearest, halves up. */
static inline int16_t half_of(int32_t v)
{
    return (int16_t)shift_down(v + 1, 1);
}

/* A product of an entry of sine, back in the unit of the other factor: v / 2^15, rounded to the nearest. Shifts by whole
 * bytes cost an 8-bit processor nothing, so it doubles and divides by 2^16. */
static inline int16_t product(int32_t v)
{
    return (int16_t)shift_down((v + 16384) * 2, 16);
}

/* Sample n > 0 of the frame, after pre-emphasis and under the window. */
static int32_t windowed(const int16_t x[FRONTEND_SAMPLES], unsigned n)
{
    const int32_t before = x[n - 1];
    const int32_t y = x[n] - before + shift_down(before, 5);
    return shift_down(y * hann[n], 15);
}

/* The 8 bits of n in reverse order. */
static unsigned reversed(unsigned n)
{
    n = (n & 0x0fu) << 4 | n >> 4;
    n = (n & 0x33u) << 2 | (n >> 2 & 0x33u);
    return (n & 0x55u) << 1 | (n >> 1 & 0x55u);
}

/*
 * Fills re and im for the transform, in bit-reversed order, with samples that are shifted so that the largest has 14 bits.
 * Returns that shift, which is negative for loud frames. Samples are windowed twice, so that none has to be kept in 32 bits.
 */
static int normalise(frontend *f)
{
    int32_t largest = 0;
    for (unsigned n = 1; n < FRONTEND_SAMPLES; n++) {
        const int32_t z = windowed(f->samples, n);
        largest = z > largest ? z : largest;
        largest = -z > largest ? -z : largest;
    }
    int shift = 14;
    for (; largest > 0; largest >>= 1) {
        shift--;
    }
    memset(f->re, 0, sizeof f->re);
    memset(f->im, 0, sizeof f->im);
    for (unsigned n = 1; n < FRONTEND_SAMPLES; n++) {
        const int32_t z = windowed(f->samples, n);
        f->re[reversed(n)] = (int16_t)(shift >= 0 ? z * ((int32_t)1 << shift) : shift_down(z, (unsigned)-shift));
    }
    return shift;
}

/* The transform, in place: 8 stages of butterflies that halve, so that every part keeps to 16 bits. */
static void transform(int16_t re[FRONTEND_SAMPLES], int16_t im[FRONTEND_SAMPLES])
{
    unsigned stride = FRONTEND_SAMPLES / 2;
    for (unsigned half = 1; half < FRONTEND_SAMPLES; half *= 2) {
        for (unsigned group = 0; group < FRONTEND_SAMPLES; group += 2 * half) {
            for (unsigned j = 0; j < half; j++) {
                const unsigned a = group + j, b = a + half;
                const int16_t c = sine[j * stride + QUARTER], s = sine[j * stride];
                const int16_t tr = product((int32_t)re[b] * c + (int32_t)im[b] * s);
                const int16_t ti = product((int32_t)im[b] * c - (int32_t)re[b] * s);
                re[b] = half_of((int32_t)re[a] - tr);
                im[b] = half_of((int32_t)im[a] - ti);
                re[a] = half_of((int32_t)re[a] + tr);
                im[a] = half_of((int32_t)im[a] + ti);
            }
        }
        stride /= 2;
    }
}

/* 8 * log2(energy), the three bits below the leading one taken as they are; energy > 0. */
static int log8(uint32_t energy)
{
    int m = 0;
    while (energy >> m > 1) {
        m++;
    }
    const uint32_t mantissa = m >= 3 ? energy >> (m - 3) : energy << (3 - m);
    return 8 * m + (int)(mantissa & 7);
}

static void analyse(frontend *f, uint8_t bands[FRONTEND_BANDS])
{
    const int shift = normalise(f);
    transform(f->re, f->im);
    for (unsigned i = 0; i < FRONTEND_BANDS; i++) {
        uint32_t energy = 0;
        for (unsigned k = edges[i]; k < edges[i + 1]; k++) {
            energy += (uint32_t)((int32_t)f->re[k] * f->re[k]) + (uint32_t)((int32_t)f->im[k] * f->im[k]);
        }
        const int band = energy > 0 ? log8(energy) - 16 * shift : 0;
        bands[i] = (uint8_t)(band > 0 ? band : 0);
    }
}

void frontend_init(frontend *f)
{
    memset(f, 0, sizeof *f);
}

int frontend_push(frontend *f, int16_t sample, uint8_t bands[FRONTEND_BANDS])
{
    f->samples[f->filled++] = sample;
    if (f->filled < FRONTEND_SAMPLES) {
        return 0;
    }
    analyse(f, bands);
    f->filled = FRONTEND_SAMPLES - FRONTEND_HOP;
    memmove(f->samples, f->samples + FRONTEND_HOP, f->filled * sizeof f->samples[0]);
    return 1;
}
