#include "frontend.h"

#include <string.h>

/* Constant tables. They stay in flash, which on AVR takes a word of GNU C (-std=gnu99). */
#if defined __FLASH && !defined __STRICT_ANSI__
#define TABLE const __flash
#else
#define TABLE const
#endif

#include "tables.h"

#define POINTS (FRONTEND_SAMPLES / 2) /* of the transform */
#define QUARTER 64                    /* of a circle, in entries of sine */

/* C leaves open what >> does to negative numbers. Here it has to round down, as all compilers of today do. */
typedef char shifts_round_down[-1 >> 1 == -1 && -3 >> 1 == -2 ? 1 : -1];

/* The next n, counted in 7 bits of reversed order. */
static unsigned reversed_next(unsigned n)
{
    unsigned bit = POINTS / 2;
    for (; n & bit; bit >>= 1) {
        n ^= bit;
    }
    return n | bit;
}

/*
 * Fills re and im with even and odd samples, after pre-emphasis and under the window, in bit-reversed order, shifted so that the largest
 * has 14 bits. Returns that shift, which is negative for loud frames.
 */
static int normalise(frontend *f)
{
    int32_t largest = 0, before = f->samples[0];
    unsigned to = 0;
    for (unsigned n = 0; n < FRONTEND_SAMPLES; n += 2) {
        for (unsigned odd = 0; odd < 2; odd++) {
            const int32_t x = f->samples[n + odd];
            const unsigned from_edge = n + odd <= POINTS ? n + odd : FRONTEND_SAMPLES - n - odd;
            const int32_t z = ((x - before + (before >> 5)) * hann[from_edge]) >> 15;
            before = x;
            largest = z > largest ? z : largest;
            largest = -z > largest ? -z : largest;
            (odd ? f->im : f->re)[to] = z;
        }
        to = reversed_next(to);
    }
    int shift = 14;
    for (; largest > 0; largest >>= 1) {
        shift--;
    }
    for (unsigned n = 0; n < POINTS; n++) {
        f->re[n] = shift >= 0 ? f->re[n] * ((int32_t)1 << shift) : f->re[n] >> -shift;
        f->im[n] = shift >= 0 ? f->im[n] * ((int32_t)1 << shift) : f->im[n] >> -shift;
    }
    return shift;
}

/* Turns a point by k of 256 parts of a circle, k up to 180. */
static inline void turn(int32_t *re, int32_t *im, unsigned k)
{
    const int32_t c = sine[k + QUARTER], s = sine[k];
    const int32_t turned = (*re * c + *im * s + 16384) >> 15;
    *im = (*im * c - *re * s + 16384) >> 15;
    *re = turned;
}

/* A butterfly of radix 4 on entries i, i + h, i + 2h and i + 3h; angle is that of entry i + 2h. */
static inline void butterfly(int32_t *re, int32_t *im, unsigned h, unsigned angle)
{
    int32_t br = re[h], bi = im[h], cr = re[2 * h], ci = im[2 * h], dr = re[3 * h], di = im[3 * h];
    if (angle > 0) {
        turn(&br, &bi, 2 * angle);
        turn(&cr, &ci, angle);
        turn(&dr, &di, 3 * angle);
    }
    const int32_t pr = re[0] + br + 2, pi = im[0] + bi + 2, qr = re[0] - br + 2, qi = im[0] - bi + 2;
    const int32_t rr = cr + dr, ri = ci + di, vr = cr - dr, vi = ci - di;
    re[0] = (pr + rr) >> 2;
    im[0] = (pi + ri) >> 2;
    re[h] = (qr + vi) >> 2;
    im[h] = (qi - vr) >> 2;
    re[2 * h] = (pr - rr) >> 2;
    im[2 * h] = (pi - ri) >> 2;
    re[3 * h] = (qr - vi) >> 2;
    im[3 * h] = (qi + vr) >> 2;
}

/* The transform, in place: three stages of radix 4 and one of radix 2, which divide by as many as they add up. */
static void transform(int32_t re[POINTS], int32_t im[POINTS])
{
    for (unsigned h = 1; h < POINTS / 2; h *= 4) {
        for (unsigned i = 0; i < POINTS; i += 4 * h) {
            butterfly(re + i, im + i, h, 0);
        }
        for (unsigned j = 1; j < h; j++) {
            for (unsigned i = j; i < POINTS; i += 4 * h) {
                butterfly(re + i, im + i, h, j * (64 / h));
            }
        }
    }
    for (unsigned a = 0, b = POINTS / 2; a < POINTS / 2; a++, b++) {
        int32_t r = re[b], i = im[b];
        if (a > 0) {
            turn(&r, &i, 2 * a);
        }
        re[b] = (re[a] - r + 1) >> 1;
        im[b] = (im[a] - i + 1) >> 1;
        re[a] = (re[a] + r + 1) >> 1;
        im[a] = (im[a] + i + 1) >> 1;
    }
}

static inline uint32_t power(int32_t re, int32_t im)
{
    return (uint32_t)re * (uint32_t)re + (uint32_t)im * (uint32_t)im;
}

/* The energies of the bands of 256 real samples, from the transform of the 128 points that they were joined to. */
static void energies(const frontend *f, uint32_t energy[FRONTEND_BANDS])
{
    unsigned low = 0, high = FRONTEND_BANDS - 1; /* the bands of bins k and 128 - k */
    memset(energy, 0, FRONTEND_BANDS * sizeof energy[0]);
    for (unsigned k = 1; k <= POINTS / 2; k++) {
        const unsigned m = POINTS - k;
        const int32_t ar = f->re[k] + f->re[m], ai = f->im[k] - f->im[m];
        int32_t br = f->re[k] - f->re[m], bi = f->im[k] + f->im[m];
        turn(&br, &bi, k);
        if (k < m) {
            high -= m < edges[high];
            energy[high] += power(ar - bi, ai + br);
        }
        if (k >= edges[0]) {
            low += k >= edges[low + 1];
            energy[low] += power(ar + bi, ai - br);
        }
    }
}

/* 8 * log2(energy), the three bits below the leading one taken as they are; energy > 0. */
static int log8(uint32_t energy)
{
    unsigned m = 0;
    for (unsigned step = 16; step > 0; step /= 2) {
        m += energy >> (m + step) ? step : 0;
    }
    const uint32_t mantissa = m >= 3 ? energy >> (m - 3) : energy << (3 - m);
    return (int)(8 * m + (mantissa & 7));
}

static void analyse(frontend *f, uint8_t bands[FRONTEND_BANDS])
{
    uint32_t energy[FRONTEND_BANDS];
    const int shift = normalise(f);
    transform(f->re, f->im);
    energies(f, energy);
    for (unsigned i = 0; i < FRONTEND_BANDS; i++) {
        const int band = energy[i] > 0 ? log8(energy[i]) - 16 * shift - 32 : 0;
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
