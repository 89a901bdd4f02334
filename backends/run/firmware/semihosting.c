/* Arm and RISC-V talk to QEMU by semihosting: input.bin and output.bin in the folder that it runs in. */
#include "firmware.h"

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
enum { OPEN_READ_BINARY = 1, OPEN_WRITE_BINARY = 5 };
enum { APPLICATION_EXIT = 0x20026 };

#if defined __arm__
static int32_t semihosting(int32_t operation, const void *block)
{
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
#else
static int32_t semihosting(int32_t operation, const void *block)
{
    register int32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = block;
    __asm__ volatile(".option push\n\t"
                     ".option norvc\n\t"
                     ".balign 16\n\t"
                     "slli x0, x0, 0x1f\n\t"
                     "ebreak\n\t"
                     "srai x0, x0, 7\n\t"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}
#endif

static int32_t open(const char *name, uint32_t length, uint32_t mode)
{
    const uint32_t block[3] = {(uint32_t)name, mode, length};
    return semihosting(SYS_OPEN, block);
}

int read_all(void *to, unsigned bytes)
{
    static int32_t file = -1;
    if (file < 0)
        file = open("input.bin", 9, OPEN_READ_BINARY);
    {
        const uint32_t block[3] = {(uint32_t)file, (uint32_t)to, bytes};
        return semihosting(SYS_READ, block) == 0; /* what it gives is what it did not read */
    }
}

void write_all(const void *from, unsigned bytes)
{
    static int32_t file = -1;
    if (file < 0)
        file = open("output.bin", 10, OPEN_WRITE_BINARY);
    {
        const uint32_t block[3] = {(uint32_t)file, (uint32_t)from, bytes};
        semihosting(SYS_WRITE, block);
    }
}

void finish(int status)
{
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};
    semihosting(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}
