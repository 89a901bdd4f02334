/*
 * The second front end of the ecg model: the marks of beats in, how early or late the last one came out, a byte with each step of slopes.h.
 * Whatever finds beats gives the marks. Integers only, no library, the same bits as those that the model was trained on
 * (internal/frontend/rhythm.go says what is computed, step by step, and why nothing overflows).
 */
#ifndef RHYTHM_H
#define RHYTHM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All memory of it: 6 bytes. */
typedef struct {
    uint16_t mean;  /* of the intervals, in 64ths of a step */
    uint8_t since;  /* steps since the last mark */
    uint8_t count;  /* intervals so far; 16 stands for all from there on */
    uint8_t begun;  /* a mark was there */
    int8_t early;   /* what a step has: below 0 where the last beat came early */
} rhythm;

/* Forgets all marks. */
void rhythm_init(rhythm *r);

/* Takes a step, and whether a beat has its mark within it, 1 or 0. Returns that step's byte, from -127 to 127. */
int8_t rhythm_push(rhythm *r, int marked);

#ifdef __cplusplus
}
#endif

#endif
