/* From reset to main on a RISC-V. memory.ld gives the addresses. */
#include <stdint.h>

extern uint32_t data_begin[], data_end[], data_load[], bss_begin[], bss_end[];
int main(void);

__attribute__((used, aligned(4))) void fault(void)
{
    for (;;) {
    }
}

__attribute__((used)) void start(void)
{
    const uint32_t *from = data_load;
    for (uint32_t *to = data_begin; to < data_end;)
        *to++ = *from++;
    for (uint32_t *to = bss_begin; to < bss_end;)
        *to++ = 0;
    main();
    fault();
}

__asm__(".section .vectors, \"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        "la sp, stack_top\n"
        ".option push\n"
        ".option arch, +zicsr\n"
        "la t0, fault\n"
        "csrw mtvec, t0\n"
        ".option pop\n"
        "j start\n");
