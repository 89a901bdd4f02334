/* What main.c needs of a chip: sections that the emulator counts, a file to read inputs from and one to write outputs to. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdint.h>

/* The sections. What is between the beginning and the end of one is counted, less what an empty one takes. */
enum section { SECTION_EMPTY, SECTION_INIT, SECTION_ODD_STEP, SECTION_EVEN_STEP, SECTION_OUTPUT, SECTION_CLASS };

/* The emulator knows these functions by their addresses; see sections.c. */
void section_begin_0(void);
void section_begin_1(void);
void section_begin_2(void);
void section_begin_3(void);
void section_begin_4(void);
void section_begin_5(void);
void section_end_0(void);
void section_end_1(void);
void section_end_2(void);
void section_end_3(void);
void section_end_4(void);
void section_end_5(void);

/* read_all fills a buffer from the inputs and gives 1, or 0 where fewer bytes are left. */
int read_all(void *to, unsigned bytes);
void write_all(const void *from, unsigned bytes);

/* finish ends the emulator with an exit status. */
void finish(int status);

/* stack_pointer is the caller's. */
static inline uint32_t stack_pointer(void)
{
#if defined __AVR__
    return (uint32_t)(*(volatile uint8_t *)0x5D | *(volatile uint8_t *)0x5E << 8);
#elif defined __arm__
    uint32_t sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
#elif defined __riscv
    uint32_t sp;
    __asm__ volatile("mv %0, sp" : "=r"(sp));
    return sp;
#else
    return 0;
#endif
}

#endif
