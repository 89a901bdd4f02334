/* The least that a device does with a model: take a sample, step, decide. Its size is that of a real firmware without drivers. */
#include "under_test.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static MODEL(state) model;
volatile MODEL(input) sensor[INPUTS];
#if HAS_CLASS
volatile int actuator[1];
#else
volatile MODEL(value) actuator[OUTPUTS];
#endif

int main(void)
{
    MODEL(init)(&model);
    for (;;) {
#if TOKEN
        MODEL(step)(&model, sensor[0]);
#else
        MODEL(input) x[INPUTS];
        for (int i = 0; i < COUNT(x); i++)
            x[i] = sensor[i];
        MODEL(step)(&model, x);
#endif
#if HAS_CLASS
        actuator[0] = MODEL(class)(&model);
#elif HAS_BITS
        {
            uint8_t bits[OUTPUTS];
            MODEL(bits)(&model, bits);
            for (int i = 0; i < COUNT(bits); i++)
                actuator[i] = bits[i];
        }
#else
        {
            MODEL(value) y[OUTPUTS];
            MODEL(output)(&model, y);
            for (int i = 0; i < COUNT(y); i++)
                actuator[i] = y[i];
        }
#endif
    }
}
