/*
 * The front end of the ecg model: samples of one lead in, a slope every sixtieth of a second out. Integers only, no library, the same
 * bits on every processor, and the same bits as the slopes that the model was trained on (internal/frontend/ecg.go says what is
 * computed, step by step, and why nothing overflows).
 */
#ifndef SLOPES_H
#define SLOPES_H

#include <stdint.h>

#define SLOPES_HOP 6 /* samples of a step: 360 a second are 60 steps */

#ifdef __cplusplus
extern "C" {
#endif

/* All memory of a front end: 16 bytes. */
typedef struct {
    int32_t sum;    /* of the samples of the step that is being filled */
    int32_t before; /* the sum of the step before */
    int32_t level;  /* 16 times a steep slope; 0 before the first step */
    uint8_t filled;
} slopes;

/* Forgets all samples. */
void slopes_init(slopes *s);

/* Takes the next sample. Returns 1 when it completes a step, whose slope is then written, from -127 to 127, and 0 otherwise. */
int slopes_push(slopes *s, int16_t sample, int8_t *slope);

#ifdef __cplusplus
}
#endif

#endif
