/* Runs sequences through a model: every function of it in a section of its own. The inputs are, for each sequence, the number of its
 * steps and then the entries of each step, all in four bytes; no steps, or the end, is the end. The outputs are
 * main's stack pointer, the size of a value and that of the state in four bytes each and then, where an output is read, its values,
 * followed by the class in four bytes or the bits in one each. under_test.h says which model. */
#include "firmware.h"
#include "under_test.h"

static MODEL(state) model;
static MODEL(input) x[INPUTS];
static MODEL(value) y[OUTPUTS];

#if TOKEN
#define ENTRIES x[0]
#else
#define ENTRIES x
#endif

#if RESTORED
/* Streams in turn, and each state saved, overwritten and restored, as a test has it: the step that counts begins from bytes that were
 * kept while its model took that step once already, and another model one of its own. */
static MODEL(state) saved, other;

static void interrupt(uint32_t number)
{
    if (number == 1)
        MODEL(init)(&other);
    saved = model;
    MODEL(step)(&model, ENTRIES);
    MODEL(step)(&other, ENTRIES);
    MODEL(output)(&other, y);
    for (unsigned i = 0; i < sizeof model; i++)
        ((unsigned char *)&model)[i] = 0xA5;
    model = saved;
}
#endif

static void step(uint32_t number)
{
    if (number & 1) {
        section_begin_2();
        MODEL(step)(&model, ENTRIES);
        section_end_2();
    } else {
        section_begin_3();
        MODEL(step)(&model, ENTRIES);
        section_end_3();
    }
}

static void answer(void)
{
    section_begin_4();
    MODEL(output)(&model, y);
    section_end_4();
    write_all(y, sizeof y);
#if HAS_CLASS
    {
        int32_t best;
        section_begin_5();
        best = MODEL(class)(&model);
        section_end_5();
        write_all(&best, sizeof best);
    }
#elif HAS_BITS
    {
        uint8_t bits[OUTPUTS];
        section_begin_5();
        MODEL(bits)(&model, bits);
        section_end_5();
        write_all(bits, sizeof bits);
    }
#endif
}

int main(void)
{
    const uint32_t head[3] = {stack_pointer(), sizeof y[0], sizeof model};
    uint32_t steps;
    write_all(head, sizeof head);
    section_begin_0();
    section_end_0();
    while (read_all(&steps, sizeof steps) && steps > 0) {
        section_begin_1();
        MODEL(init)(&model);
        section_end_1();
        for (uint32_t number = 1; number <= steps; number++) {
            for (int i = 0; i < INPUTS; i++) {
                int32_t entry;
                if (!read_all(&entry, sizeof entry))
                    finish(1);
                x[i] = (MODEL(input))entry;
            }
#if RESTORED
            interrupt(number);
#endif
            step(number);
            if (EVERY_STEP || number == steps)
                answer();
        }
    }
    finish(0);
    return 0;
}
