/* The marks of sections. They differ in what they tell the compiler, lest it makes one function of them. */
#include "firmware.h"

#define MARK(kind, number)                                       \
    __attribute__((noinline)) void section_##kind##_##number(void) \
    {                                                            \
        __asm__ volatile("" : : "i"(number), "i"(sizeof #kind) : "memory"); \
    }

MARK(begin, 0)
MARK(begin, 1)
MARK(begin, 2)
MARK(begin, 3)
MARK(begin, 4)
MARK(begin, 5)
MARK(end, 0)
MARK(end, 1)
MARK(end, 2)
MARK(end, 3)
MARK(end, 4)
MARK(end, 5)
