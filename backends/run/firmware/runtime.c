/* What compilers call in programs without a library. */
#include <string.h>

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *p = to;
    while (bytes-- > 0)
        *p++ = (unsigned char)value;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *p = to;
    const unsigned char *q = from;
    while (bytes-- > 0)
        *p++ = *q++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *p = to;
    const unsigned char *q = from;
    if (p < q)
        return memcpy(to, from, bytes);
    while (bytes-- > 0)
        p[bytes] = q[bytes];
    return to;
}
