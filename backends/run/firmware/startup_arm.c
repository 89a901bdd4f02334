/* From reset to main on a Cortex-M. memory.ld gives the addresses. */
#include <stdint.h>

extern uint32_t stack_top[], data_begin[], data_end[], data_load[], bss_begin[], bss_end[];
int main(void);

static void fault(void)
{
    for (;;) {
    }
}

void reset(void)
{
    const uint32_t *from = data_load;
    for (uint32_t *to = data_begin; to < data_end;)
        *to++ = *from++;
    for (uint32_t *to = bss_begin; to < bss_end;)
        *to++ = 0;
    main();
    fault();
}

__attribute__((section(".vectors"), used)) const void *const vectors[] = {stack_top, (const void *)reset, (const void *)fault, (const void *)fault};
