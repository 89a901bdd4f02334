/* An AVR talks to runner/simavr.c by the general purpose registers: reading GPIOR1 takes a byte of the inputs, writing it gives one
 * of the outputs, GPIOR0 is 1 while there are inputs, and writing GPIOR2 ends the run. */
#include <avr/io.h>

#include "firmware.h"

int read_all(void *to, unsigned bytes)
{
    uint8_t *p = to;
    for (; bytes > 0; bytes--) {
        if (!GPIOR0)
            return 0;
        *p++ = GPIOR1;
    }
    return 1;
}

void write_all(const void *from, unsigned bytes)
{
    const uint8_t *p = from;
    for (; bytes > 0; bytes--)
        GPIOR1 = *p++;
}

void finish(int status)
{
    GPIOR2 = (uint8_t)status;
    for (;;) {
    }
}
