/*
 * The front end of the ecg model: samples of one lead in, a fast and a slow slope every sixtieth of a second out. Integers only, no
 * library, the same bits on every processor, and the same bits as the slopes that the model was trained on (internal/frontend/ecg.go says
 * what is computed, step by step, and why nothing overflows).
 */
#ifndef SLOPES_H
#define SLOPES_H

#include <stdint.h>

#define SLOPES_HOP 6  /* samples of a step: 360 a second are 60 steps */
#define SLOPES_SPAN 5 /* steps that the slow slope compares with as many before */
#define SLOPES 2      /* a fast and a slow one */

#ifdef __cplusplus
extern "C" {
#endif

/* All memory of a front end: 60 bytes. */
typedef struct {
    int32_t sum;                     /* of the samples of the step that is being filled */
    int32_t before[2 * SLOPES_SPAN]; /* the sums of the last steps, the newest first */
    int32_t slow;
    int32_t level[SLOPES]; /* 16 times the mean magnitude of each slope */
    uint16_t steps;        /* so far; 256 stands for all from there on */
    uint8_t filled;
} slopes;

/* Forgets all samples. */
void slopes_init(slopes *s);

/* Takes the next sample. Returns 1 when it completes a step, whose slopes are then written, from -127 to 127, and 0 otherwise. */
int slopes_push(slopes *s, int16_t sample, int8_t slope[SLOPES]);

#ifdef __cplusplus
}
#endif

#endif
