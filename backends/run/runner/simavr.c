/* Runs a firmware in simavr, counts the cycles of its sections and watches its stack pointer:
 *
 *     simavr CHIP FIRMWARE ADDRESS TIMES MARK...
 *
 * A mark is bSECTION=ADDRESS or eSECTION=ADDRESS, where a section begins and ends. It ends when the firmware says so (firmware/avr.c),
 * or when ADDRESS has been reached TIMES times; 0 stands for never. input.bin is read, output.bin and counts.txt are written. */
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_io.h>
#include <string.h>

#include "counts.h"

enum { GPIOR0 = 0x3E, GPIOR1 = 0x4A, GPIOR2 = 0x4B, SPL = 0x5D, SPH = 0x5E };
enum { CLOCK = 16000000 };
enum { STACK_OVERRAN = 4 }; /* exit status; that of a crash is 3, of other errors 2 */
enum mark { NONE, BEGIN, END };

static FILE *input, *output;
static int next_byte, status = -1;

static uint8_t has_input(struct avr_t *avr, avr_io_addr_t address, void *unused)
{
    (void)avr, (void)address, (void)unused;
    return next_byte != EOF;
}

static uint8_t read_input(struct avr_t *avr, avr_io_addr_t address, void *unused)
{
    const uint8_t byte = (uint8_t)next_byte;
    (void)avr, (void)address, (void)unused;
    next_byte = fgetc(input);
    return byte;
}

static void write_output(struct avr_t *avr, avr_io_addr_t address, uint8_t byte, void *unused)
{
    (void)avr, (void)address, (void)unused;
    fputc(byte, output);
}

static void quit(struct avr_t *avr, avr_io_addr_t address, uint8_t byte, void *unused)
{
    (void)avr, (void)address, (void)unused;
    status = byte;
}

static uint16_t stack_pointer(const avr_t *avr) { return (uint16_t)(avr->data[SPL] | avr->data[SPH] << 8); }

static FILE *open_file(const char *name, const char *mode)
{
    FILE *f = fopen(name, mode);
    if (f == NULL) {
        perror(name);
        exit(2);
    }
    return f;
}

int main(int argc, char **argv)
{
    elf_firmware_t firmware = {0};
    if (argc < 5 || elf_read_firmware(argv[2], &firmware) != 0) {
        fprintf(stderr, "usage: simavr CHIP FIRMWARE ADDRESS TIMES MARK...\n");
        return 2;
    }
    avr_t *avr = avr_make_mcu_by_name(argv[1]);
    if (avr == NULL) {
        fprintf(stderr, "simavr knows no %s\n", argv[1]);
        return 2;
    }
    firmware.frequency = CLOCK;
    snprintf(firmware.mmcu, sizeof firmware.mmcu, "%s", argv[1]);
    avr_init(avr);
    avr->log = LOG_ERROR;
    avr_load_firmware(avr, &firmware);
    avr_register_io_read(avr, GPIOR0, has_input, NULL);
    avr_register_io_read(avr, GPIOR1, read_input, NULL);
    avr_register_io_write(avr, GPIOR1, write_output, NULL);
    avr_register_io_write(avr, GPIOR2, quit, NULL);

    const avr_flashaddr_t stop_at = (avr_flashaddr_t)strtoul(argv[3], NULL, 0);
    unsigned long stops = strtoul(argv[4], NULL, 0);
    const int stopping = stops > 0;
    uint8_t *kind = calloc(avr->flashend + 1u, 1), *section = calloc(avr->flashend + 1u, 1);
    for (int i = 5; i < argc; i++) {
        char letter;
        unsigned number;
        unsigned long at;
        if (sscanf(argv[i], "%c%u=%lu", &letter, &number, &at) != 3 || number >= MAX_SECTIONS || at > avr->flashend) {
            fprintf(stderr, "%s is no mark\n", argv[i]);
            return 2;
        }
        kind[at] = letter == 'b' ? BEGIN : END;
        section[at] = (uint8_t)number;
    }
    input = open_file("input.bin", "rb");
    output = open_file("output.bin", "wb");
    next_byte = fgetc(input);
    counts_init();

    int state = cpu_Running, current = -1, has_stack = 0;
    avr_cycle_count_t began = 0;
    while (status < 0 && state != cpu_Done && state != cpu_Crashed) {
        const avr_flashaddr_t pc = avr->pc;
        if (kind[pc] == BEGIN) {
            current = section[pc];
            began = avr->cycle;
        } else if (kind[pc] == END) {
            counts_add(section[pc], avr->cycle - began);
            current = -1;
        }
        if (stopping && pc == stop_at && --stops == 0)
            break;
        const uint16_t sp = stack_pointer(avr);
        has_stack = has_stack || sp == avr->ramend; /* the start-up code has set it */
        if (has_stack && (sp <= avr->ioend || sp > avr->ramend)) {
            fprintf(stderr, "the stack ran out of the RAM\n");
            return STACK_OVERRAN;
        }
        if (has_stack)
            counts_stack(current, sp);
        state = avr_run(avr);
    }
    if (state == cpu_Crashed) {
        fprintf(stderr, "the firmware crashed at %#x after %llu cycles\n", avr->pc, (unsigned long long)avr->cycle);
        return 3;
    }
    FILE *out = open_file("counts.txt", "w");
    counts_write(out);
    fclose(out);
    fclose(output);
    return status < 0 ? 0 : status;
}
