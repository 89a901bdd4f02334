/*
 * Front end and model on a made-up noise. Prints what they compute, which must be the same on every processor, and on
 * an AVR the cycles that they take:  make trial  runs it on this machine and on an ATmega2560 in simavr.
 */
#include "digits.h"
#include "frontend.h"

#include <stdio.h>

#define FRAMES 16

#ifdef __AVR__
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

static int to_serial(char c, FILE *unused)
{
    (void)unused;
    while (!(UCSR0A & _BV(UDRE0))) {
    }
    UDR0 = (uint8_t)c;
    return 0;
}

static void start(void)
{
    static FILE serial = FDEV_SETUP_STREAM(to_serial, NULL, _FDEV_SETUP_WRITE);
    stdout = &serial;
    UCSR0B = _BV(TXEN0);
    TCCR1B = _BV(CS11) | _BV(CS10); /* counts every 64 cycles */
}

static void start_clock(void)
{
    TCNT1 = 0;
}

static void print_clock(const char *what)
{
    const uint16_t ticks = TCNT1;
    printf("%s: %lu cycles\n", what, ticks * 64ul);
}

/* The simulator ends when the processor sleeps for good. */
static void stop(void)
{
    cli();
    sleep_enable();
    sleep_cpu();
}
#else
static void start(void) {}
static void start_clock(void) {}
static void print_clock(const char *what) { (void)what; }
static void stop(void) {}
#endif

/* Noise that gets softer and loud again. */
static int16_t noise(void)
{
    static uint32_t seed = 1;
    static uint16_t n;
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    const int32_t full = (int32_t)(seed >> 16) - 32768;
    return (int16_t)(full / ((int32_t)1 << (n++ / 256 % 8 * 2)));
}

int main(void)
{
    static frontend ears;
    static digits_state model;
    uint8_t bands[FRONTEND_BANDS];
    start();
    frontend_init(&ears);
    digits_init(&model);
    for (int frame = 0; frame < FRAMES; frame++) {
        do {
            start_clock();
        } while (!frontend_push(&ears, noise(), bands));
        if (frame == 0) {
            print_clock("a frame");
        }
        for (int i = 0; i < FRONTEND_BANDS; i++) {
            printf("%d ", bands[i]);
        }
        printf("\n");
        start_clock();
        digits_step(&model, bands);
        if (frame == 0) {
            print_clock("a step");
        }
    }
    digits_value y[DIGITS_OUTPUTS];
    digits_output(&model, y);
    for (int i = 0; i < DIGITS_OUTPUTS; i++) {
        printf("%ld ", (long)y[i]);
    }
    printf("\n%d\n", digits_class(&model));
    stop();
    return 0;
}
