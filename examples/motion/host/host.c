/* Reads the samples of field.csv as a sensor would give them, and says what each recording is. */
#include <stdio.h>

#include "motion.h"

#define AXES 3
#define FRAME (MOTION_INPUTS / AXES) /* samples of a step: what train { frame = ... } says */

static motion_state model;

int main(void)
{
    double values[MOTION_INPUTS];
    int recording, samples = 0;
    scanf("%*[^\n]"); /* the names of the columns */
    motion_init(&model);
    for (;;) {
        double *sample = values + AXES * (samples % FRAME);
        if (scanf("%d,%lf,%lf,%lf", &recording, &sample[0], &sample[1], &sample[2]) != 4)
            return 0;
        if (++samples % FRAME == 0) {
            motion_input x[MOTION_INPUTS];
            motion_quantise(values, x);
            motion_step(&model, x);
        }
        if (samples == FRAME * MOTION_STEPS) {
            printf("recording %d: %s\n", recording, motion_classes[motion_class(&model)]);
            motion_init(&model);
            samples = 0;
        }
    }
}
