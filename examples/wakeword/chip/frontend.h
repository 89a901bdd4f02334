/*
 * The ears of the wake word models: sound in, 16 bands a frame out. Integers only, no library but string.h, the same bits on every
 * processor, and the same bits as the features that the models were trained on (internal/frontend/lean.go says what is computed, step
 * by step, and why nothing overflows). It takes half the operations of the front end of ../../digits, and has other bits.
 *
 * A frame is 256 samples of 16 bits, and the next one starts 128 samples later: at 8 kHz 32 ms, every 16 ms.
 */
#ifndef FRONTEND_H
#define FRONTEND_H

#include <stdint.h>

#define FRONTEND_SAMPLES 256
#define FRONTEND_HOP 128
#define FRONTEND_BANDS 16

#ifdef __cplusplus
extern "C" {
#endif

/* All memory of a front end: 1,538 bytes. */
typedef struct {
    int32_t re[FRONTEND_SAMPLES / 2]; /* for the transform, between calls of no meaning */
    int32_t im[FRONTEND_SAMPLES / 2];
    int16_t samples[FRONTEND_SAMPLES]; /* of the frame that is being filled */
    uint16_t filled;
} frontend;

/* Forgets all samples. */
void frontend_init(frontend *f);

/*
 * Takes the next sample. Returns 1 when it completes a frame, whose bands are then written, and 0 otherwise. A band is the energy in
 * steps of an eighth of an octave (0.376 dB), from 0 for silence to less than 240.
 */
int frontend_push(frontend *f, int16_t sample, uint8_t bands[FRONTEND_BANDS]);

#ifdef __cplusplus
}
#endif

#endif
